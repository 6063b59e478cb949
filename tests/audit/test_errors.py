"""One root for everything that refuses a request."""

import pytest

from audit import errors


@pytest.mark.parametrize("kind", [errors.EventError, errors.CheckpointError])
def test_root(kind):
    assert issubclass(kind, errors.AuditError)
