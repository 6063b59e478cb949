"""Whose fault an error of a model's server is decides whether another server is asked."""

import pytest

from local_models.errors import BackendError, BusyError, Kind


@pytest.mark.parametrize(
    ("kind", "elsewhere"), [("unreachable", True), ("failed", True), ("busy", True), ("request", False)]
)
def test_what_another_server_may_do_better(kind: Kind, elsewhere: bool) -> None:
    assert BackendError("the model server said no", kind=kind).elsewhere is elsewhere


def test_who_has_no_place_may_try_again() -> None:
    assert BusyError("full").kind == "busy"
