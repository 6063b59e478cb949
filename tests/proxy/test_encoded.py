"""Base64, base32 and hex in texts: what is found, what only looks like it, and that nothing else changes when it is encoded again."""

import base64
import codecs
import gzip
import json
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.encoded import LEVELS
from proxy.encoded import Unfolder, fold, is_encoded
from proxy.errors import ProxyError
from proxy.message import Attachment, Replacement, Role, Segment

ANNA = "the name is Anna Schmidt"


PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"))


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def base32(text: str) -> str:
    return base64.b32encode(text.encode()).decode()


def segment(text: str, pointer: str = "/a") -> Segment:
    return Segment(pointer, Role.USER, text, "hint")


def said(text: str) -> list[str]:
    return [item.text for item in Unfolder().unfold([segment(text)]).segments]


@pytest.mark.parametrize(
    "text",
    [
        encoded(ANNA),
        f"Decode this: {encoded(ANNA)}.",
        f"PASSWORD={encoded(ANNA)}\nOTHER=1",
        f'"{encoded(ANNA)}"',
        f"({encoded(ANNA)})",
        encoded(ANNA).rstrip("="),
        base64.urlsafe_b64encode(f"{ANNA}???>>>".encode()).decode(),
        f"https://example.com/{encoded(ANNA)}",
        f"src/data-{encoded(ANNA)}",
        f"Basic {encoded(ANNA)}",
        "\n".join(encoded(ANNA * 9)[at : at + 64] for at in range(0, len(encoded(ANNA * 9)), 64)),
        f"data:text/plain;base64,{encoded(ANNA)}",
        encoded(encoded(ANNA)),
        encoded(f"inner {encoded(ANNA)}"),
        encoded(json.dumps({"name": ANNA})),
        ANNA.encode().hex(),
        f"hex: {ANNA.encode().hex().upper()}.",
        f"0x{ANNA.encode().hex()}",
        f"files/{ANNA.encode().hex()}-old",
        base32(ANNA),
        base32(ANNA).rstrip("="),
        base32(ANNA).lower(),
        f"code={base32(f'{ANNA}.')};",
        encoded(ANNA.encode().hex()),
        base32(encoded(ANNA)).rstrip("="),
        encoded(base32(ANNA).rstrip("=")).encode().hex(),
        f"eyJhbGciOiJIUzI1NiJ9.{encoded(json.dumps({'name': ANNA})).rstrip('=')}.c2lnbmF0dXJl",
    ],
)
def test_what_is_found(text: str) -> None:
    assert any(ANNA in item for item in said(text))


@pytest.mark.parametrize(
    "text",
    [
        "Just words, however longtheymaybeinternationalization",
        "0123456789abcdef0123456789abcdef01234567",
        "550e8400-e29b-41d4-a716-446655440000",
        "src/components/navigation/HeaderComponent",
        "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
        encoded(b"\xff\xfe\x00\x01 noise and more"),
        encoded("short"),
        "A" * 400,
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "20241231235959000000000017",
        "61626364656667",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "CONFIGURATIONMANAGEMENT internationalizationframework",
        "",
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    found = Unfolder().unfold([segment(text)])
    assert (found.segments, found.files) == ((), ())


@given(
    # Behind a "z", which has a letter in every encoding: digits alone have no case that could stay.
    said=st.text(PRINTABLE, min_size=12).map("z".__add__),
    new=st.text(st.characters(codec="utf-8"), min_size=1),
    write=st.sampled_from([lambda data: data.hex(), lambda data: data.hex().upper(), lambda data: f"0x{data.hex()}",
                           lambda data: base64.b32encode(data).decode(), lambda data: base64.b64encode(data).decode(),
                           lambda data: base64.b32encode(data).decode().lower()]),
)  # fmt: skip
def test_what_is_encoded_again_looks_the_same(said: str, new: str, write: Callable[[bytes], str]) -> None:
    text = f"a {write(said.encode())} b"
    original = segment(text)
    found = Unfolder().unfold([original])
    assert fold(found.runs, [original, *found.segments], {}, {}) == {}
    if found.segments and found.segments[0].text == said:
        folded = fold(found.runs, [original, *found.segments], {found.segments[0].pointer: new}, {})
        assert folded == {"/a": f"a {write(new.encode())} b"}


@pytest.mark.parametrize("write", [lambda text: text.encode().hex(), base32, encoded])
def test_each_kind_is_found_and_folded(write: Callable[[str], str]) -> None:
    original = segment(f"a {write(ANNA)} b")
    found = Unfolder().unfold([original])
    (inner,) = found.segments
    assert inner.text == ANNA
    assert is_encoded(inner.pointer)
    assert fold(found.runs, [original, inner], {inner.pointer: "[X]"}, {}) == {"/a": f"a {write('[X]')} b"}


def test_unpadded_base32_stays_so() -> None:
    original = segment(f"{base32(ANNA).rstrip('=')}; b")
    found = Unfolder().unfold([original])
    folded = fold(found.runs, [original, *found.segments], {found.segments[0].pointer: "abc"}, {})
    assert folded == {"/a": f"{base32('abc').rstrip('=')}; b"}


def test_a_run_that_was_replaced_in_part_may_not_leave() -> None:
    original = segment(f"key {ANNA.encode().hex()} b")
    found = Unfolder().unfold([original])
    run = found.runs[0].run
    for left in (f"key {run[:20]}[PHONE_NUMBER] b", f"key [PHONE_NUMBER]{run[20:]} b"):
        with pytest.raises(ProxyError, match="in part"):
            fold(found.runs, [original, *found.segments], {"/a": left, found.segments[0].pointer: "X"}, {})


def test_the_same_run_twice() -> None:
    original = segment(f"{encoded(ANNA)} and {encoded(ANNA)}")
    found = Unfolder().unfold([original])
    texts = {item.pointer: "the name is [X]" for item in found.segments}
    new = encoded("the name is [X]")
    assert fold(found.runs, [original, *found.segments], texts, {}) == {"/a": f"{new} and {new}"}


def test_segments_keep_who_speaks_and_where() -> None:
    found = Unfolder().unfold([segment(f"{encoded(ANNA)} {encoded('and another one')}", "/x/y")])
    assert [item.pointer for item in found.segments] == ["/x/y~base64/0", "/x/y~base64/1"]
    assert {item.role for item in found.segments} == {Role.USER}
    assert found.segments[0].context == "hint"
    assert all(is_encoded(item.pointer) for item in found.segments)
    assert "Anna" not in repr(found)
    assert encoded(ANNA)[:8] not in repr(found)


def test_what_stands_before_a_run_says_what_it_is() -> None:
    (item,) = (
        Unfolder().unfold([segment(f"a line\nmy passport number: {encoded('AB1234567 it is')} and more")]).segments
    )
    assert item.context == "hint my passport number:"
    assert "passport" not in repr(item)


@pytest.mark.parametrize("turned", [lambda run: codecs.encode(run, "rot13"), lambda run: run[::-1]])
def test_base64_that_was_turned_is_read_and_turned_again(turned: Callable[[str], str]) -> None:
    original = segment(f"a {turned(encoded(ANNA))} b")
    found = Unfolder().unfold([original])
    (inner,) = found.segments
    assert inner.text == ANNA
    folded = fold(found.runs, [original, inner], {inner.pointer: "somebody else's name"}, {})
    assert folded == {"/a": f"a {turned(encoded(chr(115) + 'omebody else' + chr(39) + 's name'))} b"}


def test_what_is_deeper_than_is_read_is_said() -> None:
    text = ANNA
    for _ in range(LEVELS):
        text = encoded(text)
    assert Unfolder().unfold([segment(text)]).deeper == ()
    assert len(Unfolder().unfold([segment(encoded(text))]).deeper) == 1


PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(100)


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (f"![x](data:image/png;base64,{encoded(PNG)})", "image/png"),
        (f"here: {encoded(PNG)} is a picture", ""),
        (f"DATA:Image/PNG;name=a.png;BASE64,{encoded(PNG)}", "image/png"),
        (f"data:application/pdf;base64,{encoded(b'  noise ' + bytes(range(128, 160)))}", "application/pdf"),
        (f"data:application/pdf;base64,{encoded('only text')}x==", "application/pdf"),
    ],
)
def test_files_are_attachments(text: str, media_type: str) -> None:
    if text.endswith("x=="):
        assert Unfolder().unfold([segment(text)]).files == ()
        return
    (file,) = Unfolder().unfold([segment(text)]).files
    assert (file.pointer, file.media_type) == ("/a~base64/0", media_type)
    assert isinstance(file, Attachment)


def test_a_short_text_that_is_compressed_is_a_file() -> None:
    packed = gzip.compress(b"Anna Schmidt")
    found = Unfolder().unfold([Segment("/a", Role.USER, f"see {base64.b64encode(packed).decode()}")])
    assert [file.data for file in found.files] == [packed]
    none = Unfolder().unfold([Segment("/a", Role.USER, base64.b64encode(b"\x1f\x8b\x07" + packed[3:]).decode())])
    assert none.files == ()


def test_what_has_none_is_remembered() -> None:
    unfolder = Unfolder()
    plain = segment("nothing here that is encoded")
    assert unfolder.unfold([plain]) == unfolder.unfold([plain])
    assert unfolder._is_plain(plain.text)
    assert not unfolder._is_plain(encoded(ANNA))


@given(
    before=st.text(alphabet="ab ,.\n", max_size=20),
    after=st.text(alphabet="ab ,.\n", max_size=20),
    new=st.text(min_size=1, max_size=30),
)
def test_only_the_run_changes(before: str, after: str, new: str) -> None:
    text = f"{before} {encoded(ANNA)} {after}"
    original = segment(text)
    found = Unfolder().unfold([original])
    (inner,) = found.segments
    folded = fold(found.runs, [original, *found.segments], {inner.pointer: new}, {})
    expected = base64.b64encode(new.encode("utf-8", "surrogatepass")).decode()
    assert folded == {"/a": f"{before} {expected} {after}"}


def test_nothing_changed_changes_nothing() -> None:
    original = segment(encoded(ANNA))
    found = Unfolder().unfold([original])
    assert fold(found.runs, [original, *found.segments], {}, {}) == {}


def test_levels_are_encoded_again_from_the_inside() -> None:
    original = segment(f"outer {encoded(f'inner {encoded(ANNA)}')}")
    found = Unfolder().unfold([original])
    innermost = found.segments[-1]
    folded = fold(found.runs, [original, *found.segments], {innermost.pointer: "TOKEN"}, {})
    assert folded == {"/a": f"outer {encoded(f'inner {encoded(chr(84) + chr(79) + chr(75) + chr(69) + chr(78))}')}"}


def test_a_holder_that_has_changed_itself_keeps_its_change() -> None:
    original = segment(f"Anna: {encoded(ANNA)}")
    found = Unfolder().unfold([original])
    texts = {"/a": f"TOKEN: {encoded(ANNA)}", found.segments[0].pointer: "X"}
    assert fold(found.runs, [original, *found.segments], texts, {}) == {"/a": f"TOKEN: {encoded('X')}"}


def test_a_run_that_was_replaced_as_a_whole_is_gone() -> None:
    original = segment(f"key {encoded(ANNA)}")
    found = Unfolder().unfold([original])
    texts = {"/a": "key [SECRET]", found.segments[0].pointer: "X"}
    assert fold(found.runs, [original, *found.segments], texts, {}) == {"/a": "key [SECRET]"}


@pytest.mark.parametrize("url", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_the_look_of_the_run_stays(url: bool, padded: bool) -> None:
    source = "a name: ???>>>~~~é Anna!!"
    data = (base64.urlsafe_b64encode if url else base64.b64encode)(source.encode()).decode()
    text = data if padded else data.rstrip("=")
    original = segment(text)
    found = Unfolder().unfold([original])
    new = "other: ???>>>~~~é"
    folded = fold(found.runs, [original, *found.segments], {found.segments[0].pointer: new}, {})["/a"]
    assert ("-" in folded or "_" in folded) == url
    assert base64.urlsafe_b64decode(folded + "=" * (-len(folded) % 4)).decode() == new if url else True
    assert not folded.endswith("=") or text.endswith("=")


def test_a_file_takes_its_place_with_its_type() -> None:
    original = segment(f"![x](data:image/png;base64,{encoded(PNG)}) and {encoded(PNG)}")
    found = Unfolder().unfold([original])
    new = Replacement(b"text instead", "text/plain", ".txt")
    folded = fold(found.runs, [original], {}, {"/a~base64/0": new})
    assert folded["/a"].startswith(f"![x](data:text/plain;base64,{encoded('text instead')}) and ")
