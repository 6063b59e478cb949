"""Finding a request's own tokens, and where one may have begun. More in test_restore.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.token_index import Part, TokenIndex

TOKENS = {"PERSON_0000000A": "Anna", "EMAIL_ADDRESS_1111111B": "a@b.c", "PERSON_NAME_2222222C": "Bob"}
INDEX = TokenIndex(TOKENS)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", ""),
        ("hello.", ""),
        ("a P", "P"),
        ("a person", "person"),
        ("a person.", ""),
        ("PERSON_", "PERSON_"),
        ("PERSON\\", "PERSON\\"),
        ("PERSON\\\\\\\\\\", ""),
        ("PERSO\\", ""),
        ("PERSON_000", "PERSON_000"),
        ("PERSON_001", ""),
        ("PERSON_0000000A", ""),
        ("PERSON_0000000Ap", "p"),
        ("PERSON_NAME\\_2222", "PERSON_NAME\\_2222"),
        ("PPERSON", "PERSON"),
        ("EMAIL\\_ADDR", "EMAIL\\_ADDR"),
        ("XEMAIL_ADDRESS_1", "EMAIL_ADDRESS_1"),
    ],
)
def test_what_is_held(text: str, held: str) -> None:
    parts, rest = INDEX.cut(text, final=False)
    assert rest == held
    assert "".join(part.text for part in parts) + rest == text
    assert INDEX.cut(text, final=True)[1] == ""


def test_parts() -> None:
    assert INDEX.cut("x person\\_0000000a!", final=True) == (
        [Part("x "), Part("person\\_0000000a", "PERSON_0000000A"), Part("!")],
        "",
    )


@given(
    pieces=st.lists(
        st.sampled_from([*TOKENS, "PERSON_", "NAME_", "2222222C", "000", "0000A", "EMAIL", "\\", "_", "p", " "]),
        max_size=10,
    )
)
def test_tokens_come_out_the_same_piece_by_piece(pieces: list[str]) -> None:
    text = "".join(pieces)
    whole = [part.token for part in INDEX.cut(text, final=True)[0] if part.token]
    found: list[str] = []
    rest = ""
    for character in text:
        parts, rest = INDEX.cut(rest + character, final=False)
        found += [part.token for part in parts if part.token]
    found += [part.token for part in INDEX.cut(rest, final=True)[0] if part.token]
    assert found == whole


def test_no_tokens_are_never_found() -> None:
    empty = TokenIndex({})
    assert empty.cut("PERSON_0000000A", final=False) == ([Part("PERSON_0000000A")], "")
    assert not empty.mentioned(b"PERSON_0000000A")


@pytest.mark.parametrize(
    ("data", "there"), [(b"person", True), (b"E-mail", False), (b"email\\\\_address", True), (b"", False)]
)
def test_a_quick_look(data: bytes, there: bool) -> None:
    assert INDEX.mentioned(data) is there


def test_a_repr_holds_no_content() -> None:
    assert "secret" not in repr(Part("secret"))
