"""One request's tokens."""

import pytest

from proxy.errors import ProxyError
from proxy.transforms import tokenize
from proxy.transforms.tokenize import Tokenizer


def test_the_same_value_has_the_same_token_and_restorable_ones_are_kept() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    anna = tokenizer.token("PERSON", "Anna", restore=True)
    assert tokenizer.token("PERSON", "Anna", restore=True) == anna
    secret = tokenizer.token("SECRET", "hunter2", restore=False)
    assert tokenizer.restorable == {anna: "Anna"}
    assert secret not in tokenizer.restorable
    assert Tokenizer(b"key", "scope").token("PERSON", "Anna", restore=True) == anna


def clashing(monkeypatch: pytest.MonkeyPatch, clashes: int) -> None:
    def make(key: bytes, scope: str, kind: str, value: str, attempt: int = 0) -> str:
        return f"{kind}_SAME" if attempt < clashes else f"{kind}_{value}_{attempt}"

    monkeypatch.setattr(tokenize, "make_token", make)


def test_a_clash_is_resolved_the_same_way_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clashing(monkeypatch, 1)
    for _ in range(2):
        tokenizer = Tokenizer(b"key", "scope")
        assert tokenizer.token("PERSON", "Anna", restore=True) == "PERSON_SAME"
        assert tokenizer.token("PERSON", "Bob", restore=True) == "PERSON_Bob_1"
        assert tokenizer.token("PERSON", "Anna", restore=True) == "PERSON_SAME"
        assert tokenizer.restorable == {"PERSON_SAME": "Anna", "PERSON_Bob_1": "Bob"}


def test_when_no_token_is_left_the_request_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    clashing(monkeypatch, 1000)
    tokenizer = Tokenizer(b"key", "scope")
    tokenizer.token("PERSON", "Anna", restore=True)
    with pytest.raises(ProxyError):
        tokenizer.token("PERSON", "Bob", restore=True)


def test_a_repr_holds_no_content() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    tokenizer.token("PERSON", "Anna", restore=True)
    assert "Anna" not in repr(tokenizer)
    assert "key" not in repr(tokenizer)
