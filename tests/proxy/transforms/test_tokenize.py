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


def test_surrogates_are_told_apart_and_turned_back() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    anna = tokenizer.surrogate("PERSON", "Anna Schmidt", restore=True)
    assert tokenizer.surrogate("PERSON", "Anna Schmidt", restore=True) == anna
    assert tokenizer.restorable[anna] == "Anna Schmidt"
    quiet = tokenizer.surrogate("PERSON", "Bob Miller", restore=False)
    assert tokenizer.silent == {quiet}
    assert "Bob" not in " ".join(tokenizer.restorable.values())
    many = {tokenizer.surrogate("MAC_ADDRESS", f"a4:5e:60:c1:22:{n:02x}", restore=True) for n in range(100)}
    assert len(many) == 100, "a small range, and no two the same"


def test_a_surrogate_that_stands_in_the_request_is_not_used() -> None:
    first = Tokenizer(b"key", "scope").surrogate("PERSON", "Anna Schmidt", restore=True)
    tokenizer = Tokenizer(b"key", "scope", [f"Is {first.upper()} a colleague of Anna Schmidt?"])
    second = tokenizer.surrogate("PERSON", "Anna Schmidt", restore=True)
    assert second.lower() != first.lower()
    given = second.split()[0]
    tokenizer = Tokenizer(b"key", "scope", [f"{given}, {first}: Anna Schmidt"])
    assert tokenizer.surrogate("PERSON", "Anna Schmidt", restore=True) == second
    assert given not in tokenizer.restorable, "whoever that is, it isn't Anna"


def test_a_part_of_two_names_is_turned_back_to_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"Anna Schmidt": "Tavrian Merrowby", "Bob Miller": "Tavrian Quillmere"}
    monkeypatch.setattr(tokenize, "make_surrogate", lambda *arguments: names[arguments[3]])
    tokenizer = Tokenizer(b"key", "scope")
    for value in names:
        tokenizer.surrogate("PERSON", value, restore=True)
    assert "Tavrian" not in tokenizer.restorable
    assert tokenizer.restorable["Merrowby"] == "Schmidt"


def test_where_there_is_no_surrogate_there_is_a_token() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    token = tokenizer.surrogate("CARD_SECURITY_CODE", "123", restore=True)
    assert token == tokenizer.token("CARD_SECURITY_CODE", "123", restore=True)
    assert tokenizer.restorable == {token: "123"}


def test_a_part_of_a_name_keeps_its_part_of_the_surrogate() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    given, family = tokenizer.surrogate("PERSON", "Anna Schmidt", restore=True).split()
    assert tokenizer.surrogate("PERSON", "Schmidt", restore=True) == family
    assert tokenizer.surrogate("PERSON", "Anna", restore=True) == given
    assert tokenizer.surrogate("PERSON", "Bob", restore=True) not in {given, family}
    assert tokenizer.restorable[family] == "Schmidt"


@pytest.mark.parametrize(
    ("kind", "said", "value", "written"),
    [
        ("PERSON", "Anna Schmidt", "Anna%20Schmidt", lambda made: made.replace(" ", "%20")),
        ("PERSON", "Anna Schmidt", "%41nna%20Schmidt", lambda made: made.replace(" ", "%20")),
        ("PERSON", "Anna Schmidt", "Anna Schm%69dt", lambda made: made),
        ("PERSON", "Anna Schmidt", "Anna&#32;Schmidt", lambda made: made),
        ("PERSON", "Anna Schmidt", "\\u0041nna Schmidt", lambda made: made),
        ("EMAIL_ADDRESS", "a@b.com", "a%40b.com", lambda made: made.replace("@", "%40")),
        ("PHONE_NUMBER", "+49 170 1234567", "%2B49%20170%201234567", lambda made: made.replace("+", "%2B")),
    ],
)
def test_an_escaped_value_has_the_surrogate_of_what_it_says(kind: str, said: str, value: str, written) -> None:
    tokenizer = Tokenizer(b"key", "scope")
    plain = tokenizer.surrogate(kind, said, restore=True)
    assert tokenizer.surrogate(kind, value, restore=True) == written(plain)
    assert tokenizer.restorable[plain] == said
    assert tokenizer.restorable[written(plain)] == (value if written(plain) != plain else said)
    silent = Tokenizer(b"key", "scope")
    assert silent.surrogate(kind, value, restore=False) == written(plain)
    assert silent.restorable == {}
    assert silent.silent == {plain, written(plain)}


def test_an_escaped_value_without_a_surrogate_has_a_token_of_its_own() -> None:
    tokenizer = Tokenizer(b"key", "scope")
    token = tokenizer.surrogate("ID", "a%20b", restore=True)
    assert tokenizer.restorable == {token: "a%20b"}
