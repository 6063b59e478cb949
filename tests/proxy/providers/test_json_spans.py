"""Finding and replacing the literals of a JSON document."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.errors import BodyError, LimitError
from proxy.providers.json_spans import Document, edit, flatten, quote, repetition, scan, value_at


def leaves(body: bytes, **limits: Any) -> dict[str, str]:
    return {item.pointer: item.text for item in flatten(scan(body, **limits).literals)}


POINTERS: list[tuple[str, dict[str, str]]] = [
    ('"x"', {"": "x"}),
    ("{}", {}),
    ("[]", {}),
    ("null", {}),
    ('{"a":"x"}', {"/a": "x"}),
    ('{"a":{"b":["x",{"c":"y"}]},"d":"z"}', {"/a/b/0": "x", "/a/b/1/c": "y", "/d": "z"}),
    ('[[],["x"],[["y"]]]', {"/1/0": "x", "/2/0/0": "y"}),
    ('{"a":"x","a":"y","a":"z"}', {"/a": "x", "/a~2": "y", "/a~3": "z"}),
    ('{"Anna Schmidt":"x"}', {"/~i0~key": "Anna Schmidt", "/~i0": "x"}),
    ('{"a":1,"a/b":"x"}', {"/~i1~key": "a/b", "/~i1": "x"}),
    ('{"m~n":"x"}', {"/~i0~key": "m~n", "/~i0": "x"}),
    ('{"":"x"}', {"/~i0~key": "", "/~i0": "x"}),
    ('{"b64_json":"x"}', {"/b64_json~key": "b64_json", "/b64_json": "x"}),
    ('{"tel4915112345":"x"}', {"/~i0~key": "tel4915112345", "/~i0": "x"}),
    ('{"a":123456789}', {"/a": "123456789"}),
    ('{"a":-1234567890.5e3}', {"/a": "-1234567890500"}),
    ('{"a":[12345678,0.123456789,1,true]}', {}),
    ('{"a":"\\u00e9\\n\\"\\\\ \\ud83d\\ude42"}', {"/a": 'é\n"\\ 🙂'}),
    ('{"a":"\\ud800"}', {"/a": "\ud800"}),
    ('{"a":"\\\\","b":"\\\\\\"x","c":"\\"","d":""}', {"/a": "\\", "/b": '\\"x', "/c": '"', "/d": ""}),
    ('{"a":1,"\\"":"x","b\\\\":"y"}', {"/~i1~key": '"', "/~i1": "x", "/~i2~key": "b\\", "/~i2": "y"}),
    (
        '[{"a":"x","c d":"y"},{"c d":"z","a":"v"}]',
        {"/0/a": "x", "/0/~i1~key": "c d", "/0/~i1": "y", "/1/~i0~key": "c d", "/1/~i0": "z", "/1/a": "v"},
    ),
    ('{"a":"[1, 2"}', {"/a": "[1, 2"}),
    ('{"a":"{\\"b\\": \\"x\\"}"}', {"/a~json/b": "x"}),
    ('{"a":" [\\"x\\", \\"[\\\\\\"y\\\\\\"]\\"]\\n"}', {"/a~json/0": "x", "/a~json/1~json/0": "y"}),
    ('{"a":"[NaN]"}', {"/a": "[NaN]"}),
    ('{"a":"\\"x\\""}', {"/a": '"x"'}),
    ('\ufeff{"a":"x"}', {"/a": "x"}),
    (' {"a" : "x" , "b" :\t[ ] } ', {"/a": "x"}),
]


@pytest.mark.parametrize(("body", "expected"), POINTERS)
def test_pointers(body: str, expected: dict[str, str]) -> None:
    assert leaves(body.encode()) == expected


REFUSED = [
    b"",
    b"{",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b"{} {}",
    b'{"a": "\xff"}',
    '{"a": "x"}'.encode("utf-16"),
    b'{"a": "x\ny"}',
    b'{"a": 01}',
    b"\x00",
    b'{"a": ' + b"1" * 5000 + b"}",
]


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_not_strict_json_is_refused(body: bytes) -> None:
    with pytest.raises(BodyError):
        scan(body)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_is_bounded(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"

    def deep(levels: int) -> bytes:
        return opening * levels + b"1" + closing * levels

    scan(deep(64))
    with pytest.raises(LimitError):
        scan(deep(65))
    scan(deep(5), nesting=5)
    with pytest.raises(LimitError):
        scan(deep(6), nesting=5)
    with pytest.raises((LimitError, BodyError)):
        scan(deep(100_000))


def test_leaves_are_bounded_also_inside_strings() -> None:
    body = json.dumps({"a": json.dumps(["x"] * 10), "b": ["x"] * 10}).encode()
    scan(body, leaves=21)
    with pytest.raises(LimitError):
        scan(body, leaves=19)


def test_json_in_strings_that_is_too_deep_is_text() -> None:
    body = json.dumps(["[" * 50 + "]" * 50]).encode()
    assert leaves(body) == {}
    assert leaves(body, nesting=30) == {"/0": "[" * 50 + "]" * 50}


def nested(levels: int) -> Any:
    value: Any = ["x y"]
    for _ in range(levels):
        value = [json.dumps(value)]
    return value


def test_strings_in_strings_in_strings_end_somewhere() -> None:
    found = list(flatten(scan(json.dumps(nested(9)).encode()).literals))
    assert len(found) == 1
    assert found[0].pointer.count("~json") == 6


def test_contexts_are_names_that_are_no_content() -> None:
    body = b'{"password":"a","list":[{"x":["b"]}],"card number":"c","Anna Schmidt":"d","s":"{\\"t\\":\\"e\\"}"}'
    contexts = {item.text: item.context for item in flatten(scan(body).literals) if item.kind == "value"}
    assert contexts == {"a": "password", "b": "x", "c": "card number", "d": "", "e": "t"}


def test_spans_are_byte_offsets() -> None:
    body = '{"é":"ü","n":1234567890}'.encode()
    for item in scan(body).literals:
        source = body[item.start : item.end].decode()
        assert source in {'"é"', '"ü"', "1234567890"}


def test_nothing_to_replace_is_the_same_object() -> None:
    body = b'{"a": "x"}'
    assert edit(body, {}) is body


EDITS = [
    ('{"a": "x",  "b":1.50}', {"/a": "y"}, '{"a": "y",  "b":1.50}'),
    ('{"a": "x"}', {"/a": 'é"\\\n\x00'}, '{"a": "\\u00e9\\"\\\\\\n\\u0000"}'),
    ('{"ä": "x"}', {"/~i0": "é🙂"}, '{"ä": "é🙂"}'),
    ('{"a": "x"}', {"/a": "🙂"}, '{"a": "\\ud83d\\ude42"}'),
    ('{"ä": "x"}', {"/~i0": "\ud800"}, '{"ä": "\\ud800"}'),
    ('{"a":4111111111111111}', {"/a": "[CARD]"}, '{"a":"[CARD]"}'),
    ('{"a":"x","a":"y"}', {"/a~2": "z"}, '{"a":"x","a":"z"}'),
    ('{"Anna S":1}', {"/~i0~key": "PERSON_ABCDEFGH"}, '{"PERSON_ABCDEFGH":1}'),
    (r'{"a":"{\"b\": \"x\"}"}', {"/a~json/b": 'y"'}, r'{"a":"{\"b\": \"y\\\"\"}"}'),
    (r'{"a":"{\u0022b\":\/\"x\",\n\"c\":1}"}', {"/a": "t"}, '{"a":"t"}'),
    (r'{"a":"{\u0022b\":\"x\",\n \"\u00e9\":1}"}', {"/a~json/b": "y"}, r'{"a":"{\u0022b\":\"y\",\n \"\u00e9\":1}"}'),
    (r'{"a":"[\"x\"]"}', {"/a": "t"}, '{"a":"t"}'),
    ('\ufeff{"a":"x"}', {"/a": "y"}, '\ufeff{"a":"y"}'),
]


@pytest.mark.parametrize(("body", "texts", "expected"), EDITS)
def test_edit(body: str, texts: dict[str, str], expected: str) -> None:
    assert edit(body.encode(), texts).decode() == expected


@pytest.mark.parametrize("pointer", ["/b", "", "/a~2", "/a~key", "/a~json/b", "/a/0", "a"])
def test_a_pointer_that_is_not_there_is_an_error(pointer: str) -> None:
    with pytest.raises(BodyError):
        edit(b'{"a": "x"}', {"/a": "y", pointer: "z"})


names = st.one_of(
    st.sampled_from(["a", "b", "to", "type", "x1", "a b", "é", "", '"', "~0", "a/b"]), st.text(max_size=3)
)
strings = st.one_of(
    st.text(max_size=8), st.sampled_from(['"', "\\", "🙂", "{", "[x]", "\ud800", "\u2028", "123456789"])
)
scalars = st.one_of(
    strings, st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(names, inner, max_size=3),
        st.one_of(st.lists(inner, max_size=2), st.dictionaries(names, inner, max_size=2)).map(json.dumps),
    ),
    max_leaves=10,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    ascii_only = draw(st.booleans())
    text = json.dumps(draw(documents), ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 1])))
    return text.encode("utf-8", "backslashreplace") if "\ud800" not in text else json.dumps(json.loads(text)).encode()


@settings(max_examples=200)
@given(body=bodies())
def test_every_string_is_found(body: bytes) -> None:
    """Told by walking the parsed data, strings of JSON inside strings included."""

    def walk(node: Any) -> list[str]:
        match node:
            case str():
                try:
                    inner = json.loads(node)
                except ValueError:
                    return [node]
                return walk(inner) if isinstance(inner, list | dict) else [node]
            case list():
                return [text for item in node for text in walk(item)]
            case dict():
                return [text for item in node.values() for text in walk(item)]
            case _:
                return []

    found = [item.text for item in flatten(scan(body).literals) if item.kind == "value"]
    assert found == walk(json.loads(body))


@settings(max_examples=200)
@given(body=bodies(), new=strings, data=st.data())
def test_a_text_put_at_a_pointer_is_read_back_and_nothing_else_changes(
    body: bytes, new: str, data: st.DataObject
) -> None:
    before = list(flatten(scan(body, all_keys=True).literals))
    chosen = data.draw(st.lists(st.sampled_from(before), max_size=3)) if before else []
    new += "." if new.strip()[:1] in {"[", "{"} else ""  # JSON would be read as JSON
    texts = {item.pointer: new for item in chosen}
    after = list(flatten(scan(edit(body, texts, all_keys=True), all_keys=True).literals))
    assert [item.text for item in after] == [texts.get(item.pointer, item.text) for item in before]


@given(text=strings, ascii_only=st.booleans())
def test_quote(text: str, ascii_only: bool) -> None:
    literal = quote(text, ascii_only=ascii_only)
    assert json.loads(literal.encode()) == text
    assert not ascii_only or literal.isascii()


def test_repeated_names_have_different_pointers() -> None:
    body = b"{" + b",".join([b'"a":"x"'] * 30) + b"}"
    found = leaves(body)
    assert len(found) == 30
    texts = {pointer: str(number) for number, pointer in enumerate(found)}
    assert list(leaves(edit(body, texts)).values()) == [str(number) for number in range(30)]
    assert [repetition(count) for count in (1, 2, 9, 10)] == ["", "~2", "~9", "~9x10"]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", {"a": ["x"]}), ("/a", ["x"]), ("/a/0", "x"), ("/a/1", None), ("/a/-", None), ("/b/c", None)],
)
def test_value_at(pointer: str, value: Any) -> None:
    assert value_at({"a": ["x"]}, pointer) == value


def test_a_repr_holds_no_content() -> None:
    document = scan(b'{"a": "secret"}')
    assert "secret" not in repr(document) + repr(document.literals[0])
    assert isinstance(document, Document)


def test_it_is_fast_enough() -> None:
    """A floor that only a quadratic scan would miss; bench/ has the figure."""
    body = json.dumps({"messages": [{"role": "user", "content": "Grüße \n" * 300}] * 1000}, ensure_ascii=False).encode()
    start = time.process_time()
    scan(body)
    assert len(body) / (time.process_time() - start) > 2_000_000


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("123456789", "123456789"),
        ("-4111111111111111", "-4111111111111111"),
        ("4.111111111111111e15", "4111111111111111"),
        ("4111111111111111.0", "4111111111111111"),
        ("0.4111111111111111E+16", "4111111111111111"),
        ("41111111111111110e-1", "4111111111111111"),
        ("4111111111111111.5", "4111111111111111.5"),
        ("1e999999999999999999999", "1e999999999999999999999"),
        ("12345678", None),
        ("0.123456789012", None),
        ("1.5e3", None),
        ("1e300", None),
        ("-0.0", None),
    ],
)
def test_numbers_are_read_however_they_are_written(number: str, text: str | None) -> None:
    body = f'{{"a": {number}, "b": "x"}}'.encode()
    assert leaves(body) == ({"/b": "x"} if text is None else {"/a": text, "/b": "x"})
    if text is not None:
        assert edit(body, {"/a": "N"}) == b'{"a": "N", "b": "x"}'
