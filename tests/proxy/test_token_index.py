"""Finding a request's own tokens, and where one may have begun. More in test_restore.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.token_index import BEFORE, Part, TokenIndex

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
        ("PERSO\\", "PERSO\\"),
        ("PERSON_000", "PERSON_000"),
        ("PERSON_001", ""),
        ("PERSON_0000000A", ""),
        ("PERSON_0000000Ap", "p"),
        ("PERSON_NAME\\_2222", "PERSON_NAME\\_2222"),
        ("PPERSON", "PERSON"),
        ("EMAIL\\_ADDR", "EMAIL\\_ADDR"),
        ("XEMAIL_ADDRESS_1", "EMAIL_ADDRESS_1"),
        ("e-mail-1", ""),
        ("EMAIL-ADDRESS-111", "EMAIL-ADDRESS-111"),
        ("email__addr", "email__addr"),
        ("PERSON\\\\u00", "PERSON\\\\u00"),
        ("EMAILADDRESSIL", "EMAILADDRESSIL"),
        ("PERSON 000", ""),
    ],
)
def test_what_is_held(text: str, held: str) -> None:
    parts, rest = INDEX.cut(text, final=False)
    assert rest == held
    assert "".join(part.text for part in parts) + rest == text
    assert INDEX.cut(text, final=True)[1] == ""


@pytest.mark.parametrize(
    ("form", "left"),
    [
        ("PERSON_0000000A", ""),
        ("person_0000000a", ""),
        ("Person_0000000a", ""),
        ("PERSON\\_0000000A", ""),
        ("PERSON\\\\u005f0000000A", ""),
        ("PERSON-0000000A", ""),
        ("PERSON\u20110000000A", ""),
        ("PERSON__0000000A", ""),
        ("PERSON0000000A", ""),
        ("PERSON_OOOO000A", ""),
        ("EMAIL-ADDRESS-IL11111B", ""),
        ("EmailAddress_1111111b", ""),
        ("PERSON_0000000As", "s"),
        ("PERSON_0000000A's", "'s"),
    ],
)
def test_what_models_make_of_a_token(form: str, left: str) -> None:
    for before, after in (("", ""), ("**", "**"), ("[", "]"), ("`", "`"), ("\\[", "\\]"), ("<", ">"), ("«", "».")):
        parts, rest = INDEX.cut(f"{before}{form}{after}", final=True)
        assert [part.token is not None for part in parts].count(True) == 1
        assert "".join(part.text for part in parts if part.token is None) == f"{before}{left}{after}"
        assert rest == ""


@pytest.mark.parametrize(
    "text",
    [
        "PERSON 0000000A",
        "PERSON___0000000A",
        "PERSON_0000001A",
        "PER_SON_0000000A",
        "0000000A",
        "PERSON_0000000",
        "a.b@c",
    ],
)
def test_what_is_no_token_of_this_request(text: str) -> None:
    assert INDEX.cut(text, final=True)[0] == [Part(text)]


SURROGATES = TokenIndex({"Tavian": "Anna", "Tavian Merrow": "Anna Schmidt", "+1 202 555 0143": "+49 30 1234"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tavian Merrow's", ["Tavian Merrow"]),
        ("TAVIAN merrow", ["Tavian Merrow"]),
        ("**Tavian**", ["Tavian"]),
        ("Octavian", []),
        ("Tavianus", []),
        ("Tavian Merrowby", ["Tavian"]),
        ('"to\\nTavian', ["Tavian"]),
        ("call +1 202 555 0143.", ["+1 202 555 0143"]),
        ("+1 202 555 01434", []),
        ("Tavian, Tavian Merrow", ["Tavian", "Tavian Merrow"]),
    ],
)
def test_surrogates_are_whole_words_also_piece_by_piece(text: str, found: list[str]) -> None:
    assert [part.token for part in SURROGATES.cut(text, final=True)[0] if part.token] == found
    for size in (1, 2, 5):
        out, rest, before = [], "", ""
        for start in range(0, len(text), size):
            given = rest + text[start : start + size]
            parts, rest = SURROGATES.cut(given, final=False, before=before)
            out += parts
            before = (before + given)[: -len(rest) or None][-BEFORE:]
        out += SURROGATES.cut(rest, final=True, before=before)[0]
        assert [part.token for part in out if part.token] == found
        assert "".join(part.text for part in out) == text


@pytest.mark.parametrize(
    "text", ["a \\nTavrian", "\\u00e9Tavrian.", "a\\tTavrian b", " Tavrian", "\\n\\nTavrian", "a \\u0022Tavrian"]
)
def test_a_surrogate_behind_an_escape_is_found_wherever_the_text_is_cut(text: str) -> None:
    index = TokenIndex({"Tavrian": "Anna"})

    def read(pieces: list[str]) -> str:
        out, held, before = "", "", ""
        for number, piece in enumerate(pieces):
            parts, rest = index.cut(held + piece, final=number == len(pieces) - 1, before=before)
            before = (before + held + piece)[: -len(rest) or None][-BEFORE:]
            out, held = out + "".join(part.text if part.token is None else "Anna" for part in parts), rest
        return out

    cuts = range(len(text) + 1)
    assert {read([text[:a], text[a:b], text[b:]]) for a in cuts for b in cuts if a <= b} == {
        text.replace("Tavrian", "Anna")
    }


def test_parts() -> None:
    assert INDEX.cut("x person\\_0000000a!", final=True) == (
        [Part("x "), Part("person\\_0000000a", "PERSON_0000000A"), Part("!")],
        "",
    )


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *TOKENS,
                "PERSON_",
                "NAME_",
                "2222222C",
                "000",
                "0000A",
                "EMAIL",
                "ADDRESS-",
                "1111111B",
                "u005f",
                "O",
                "\\",
                "_",
                "-",
                "p",
                " ",
            ]
        ),
        max_size=12,
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


@pytest.mark.parametrize(
    ("event", "inert"),
    [
        (b'{"delta": {"content": " word"}}', True),
        (b'{"role": "assistant", "name": "x"}', True),
        (b'{"content": "a perso"}', False),
        (b'{"content": "a PERS" }', False),
        (b'{"content": "a\\nP"]', False),
        (b'{"people": 1}', True),
        (b'{"content": "person"}', False),
        (b'{"content": "e"}', False),
        (b'{"partial_json": "x"}', False),
        (b'{"content": "\\u0050x"}', False),
        (b'{"content": "stop."}', True),
        (b"data: [DONE]\n\n", True),
    ],
)
def test_events_that_cannot_matter(event: bytes, inert: bool) -> None:
    assert INDEX.inert(event) is inert
    assert not SURROGATES.inert(event)


def test_of_nothing_everything_is_inert() -> None:
    assert TokenIndex({}).inert(b'{"content": "PERSON_0000000A"}')
