"""What an error means for the caller."""

import pytest

from proxy.errors import BodyError, DeadlineError, LimitError, OverloadError, ProxyError, WorkerError


@pytest.mark.parametrize(
    ("error", "status"),
    [(BodyError, 400), (LimitError, 413), (WorkerError, 503), (DeadlineError, 503), (OverloadError, 503)],
)
def test_status(error: type[ProxyError], status: int) -> None:
    assert error("x").status_hint == status


def test_overload_says_when_to_try_again() -> None:
    assert OverloadError("busy").seconds == 1.0
    assert OverloadError("busy", 7.5).seconds == 7.5
    assert not issubclass(OverloadError, WorkerError)  # or it would pass for a detector that is down
