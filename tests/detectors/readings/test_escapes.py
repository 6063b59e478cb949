"""Escapes in texts: what is found behind them, where it stands in what was written, and what costs nothing."""

import html
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.entities import sensitive_types
from detectors.readings.escapes import views

KEY = "AKIAQYLPMN5HFIQR7XYA"
STYLES = {
    "percent": "%{:02X}",
    "percent u": "%u{:04x}",
    "backslash u": "\\u{:04x}",
    "two backslashes": "\\\\u{:04X}",
    "backslash x": "\\x{:02x}",
    "backslash U": "\\U{:08x}",
    "braces": "\\u{{{:x}}}",
    "decimal entity": "&#{};",
    "entity with noughts": "&#{:010};",
    "hex entity": "&#x{:x};",
    "entity of an entity": "&amp;#{};",
    "percent of percent": "%25{:02X}",
    "percent of percent of percent": "%2525{:02X}",
}


def written(text: str, style: str) -> str:
    return "".join(STYLES[style].format(ord(character)) for character in text)


@pytest.mark.parametrize("style", STYLES)
def test_a_key_is_found_where_it_was_written(scanner, style):
    for hidden in (written(KEY, style), written("A", style) + KEY[1:], KEY[:-1] + written("A", style)):
        text = f"please look at {hidden} and say what it opens"
        (one,) = scanner.scan(text).findings
        assert (one.entity_type, text[one.start : one.end]) == ("AWS_ACCESS_KEY", hidden)


@pytest.mark.parametrize(
    ("text", "entity_type", "value"),
    [
        ("My name is \\u0041nna Schmidt and I live here.", "PERSON", "\\u0041nna Schmidt"),
        ("Meine Nachbarn: J&uuml;rgen M&uuml;ller.", "PERSON", "J&uuml;rgen M&uuml;ller"),
        ("p\\u0061ssword: hunter2xyzQ9", "PASSWORD", "hunter2xyzQ9"),
        (f"x%3D{KEY}", "AWS_ACCESS_KEY", KEY),
        (f"x\\u0020{KEY}\\u0020", "AWS_ACCESS_KEY", KEY),
        ("write to jane.roe&commat;web.de", "EMAIL_ADDRESS", "jane.roe&commat;web.de"),
        ("\\ud835\\udc00KIAQYLPMN5HFIQR7XYA", "AWS_ACCESS_KEY", "\\ud835\\udc00KIAQYLPMN5HFIQR7XYA"),
        ("%EF%BC%A1KIAQYLPMN5HFIQR7XYA", "AWS_ACCESS_KEY", "%EF%BC%A1KIAQYLPMN5HFIQR7XYA"),
        ("&#1040;KIAQYLPMN5HFIQR7XYA", "AWS_ACCESS_KEY", "&#1040;KIAQYLPMN5HFIQR7XYA"),
        (f"AK\\u200b{KEY[2:]}", "AWS_ACCESS_KEY", f"AK\\u200b{KEY[2:]}"),
    ],
)
def test_what_is_found(scanner, text, entity_type, value):
    found = [(one.entity_type, text[one.start : one.end]) for one in scanner.scan(text).findings]
    assert (entity_type, value) in found


@pytest.mark.parametrize(
    "text",
    [
        "https://en.wikipedia.org/wiki/S%C3%A3o_Paulo?action=view%20source",
        'print("caf\\u00e9\\n\\x1b[0m")',
        "re.compile(r'[\\u0370-\\u03ff]+\\.\\w')",
        "<p>Hello&nbsp;World &amp; friends: 1 &lt; 2</p>",
        "SELECT * FROM t WHERE a LIKE '%face%' AND b LIKE '%add%'",
        "time.strftime('%d%b%Y %H:%M')",
        "a sale of 50%20 or 100%25",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "550e8400-e29b-41d4-a716-446655440000",
        b"\x89PNG\r\n\x1a\n".decode("latin-1").encode("unicode_escape").decode(),
        "C:\\users\\public\\x64\\unins000.exe",
        "a && b || c & d; x &= y",
        "\\u12 \\x4 %4 %zz &#; &#x; &unknown; &#x110000000; \\u{} \\U00110000",
    ],
)
def test_harmless_texts(scanner, text):
    assert [one for one in scanner.scan(text).findings if one.entity_type in sensitive_types()] == []


@pytest.mark.parametrize(
    "text", ["", "no escapes", "100 % & more", "\\n \\t \\\\", "&unknown; &x", "%u12 %zz", "\\" * 9000, "\\U00110000"]
)
def test_nothing_to_read(text):
    assert views(text) == []


def test_only_what_is_around_is_read():
    text = "word " * 2000 + "a%20b " + "word " * 2000 + "\\u0041 " + "word " * 2000
    first, second = views(text)
    assert "a b" in first.text
    assert " A " in second.text
    assert len(first.text) + len(second.text) < 500


def test_views_never_overlap():
    text = ("\\u0041 " + "a" * 165 + " ") * 50
    ends = 0
    for view in views(text):
        assert view.starts[0] >= ends
        ends = view.ends[-1]


def test_honest_escapes_concern_what_they_touch():
    (view,) = views("Anna Schmidt: see%20this")
    assert not view.concerns(0, 12)
    assert view.concerns(view.text.index("see"), view.text.index("see") + 3)
    (view,) = views("Anna Schmidt: s\\u0065e")
    assert view.concerns(0, 12)


def test_views_show_no_content():
    assert "Anna" not in repr(views("Anna%20Schmidt"))


@given(st.text(st.sampled_from("ab \\%&#;ux0149{}é\n")))
def test_every_span_maps_to_what_was_written(text):
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends) == len(view.changed)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
        assert list(view.starts) == sorted(view.starts)
        for index, character in enumerate(view.text):
            if not view.changed[index]:
                assert text[slice(*view.original(index, index + 1))] == character


def backslashes(text):
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in text)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\\%&"), max_size=60),
    st.sampled_from([quote, html.escape, backslashes]),
)
def test_what_was_escaped_is_read(text, escape):
    said = escape(text)
    if said == text:
        assert views(said) == []
        return
    (view,) = views(said)
    assert said[: view.starts[0]] + view.text + said[view.ends[-1] :] == text
