"""Every dialect satisfies the one interface, and an answer's repr shows nothing."""

import inspect

import pytest

from proxy.providers.dialect import Answer, Dialect
from proxy.providers.generic import Generic
from proxy.providers.registry import dialects

METHODS = [name for name, member in inspect.getmembers(Dialect, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("dialect", [*dialects(), Generic()], ids=lambda dialect: dialect.name)
def test_the_interface(dialect: Dialect) -> None:
    assert dialect.name
    assert dialect.provider
    for name in METHODS:
        wanted = list(inspect.signature(getattr(Dialect, name)).parameters)[1:]
        assert list(inspect.signature(getattr(dialect, name)).parameters) == wanted, name


def test_an_answer_does_not_show_its_text() -> None:
    assert "secret" not in repr(Answer(text="secret", model="m"))
