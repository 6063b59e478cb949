"""Multipart bodies: what is read, what changes, and what is refused because another reader could see other parts."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Skipped, SkipReason
from proxy.errors import BodyError, LimitError
from proxy.message import Attachment, Replacement, Request, Role
from proxy.providers.generic import Generic
from proxy.providers.multipart import Multipart, boundary_of, parts_of
from proxy.providers.openai_chat import OpenAIChat

TYPE = "multipart/form-data; boundary=b"
FORM = Multipart(content_type=TYPE, media_type="multipart/form-data", named=(OpenAIChat(),))
LINE = {"custom_id": "r-1", "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "Hello Anna"}]}}  # fmt: skip


def form(*parts: tuple[str, bytes]) -> bytes:
    """A body of header lines and contents."""
    pieces = [b"--b\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts]
    return b"".join(pieces) + b"--b--\r\n"


def field(name: str, data: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', data


def file(name: str, data: bytes, media_type: str = "") -> tuple[str, bytes]:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    return (f"{head}\r\nContent-Type: {media_type}" if media_type else head), data


READ: list[tuple[tuple[str, bytes], dict[str, str]]] = [
    (field("prompt", "Grüße, Anna".encode()), {"~part/0/prompt": "Grüße, Anna"}),
    (field("prompt", b"<html>From: Anna"), {"~part/0/prompt": "<html>From: Anna"}),
    (field("prompt", b"two\r\nlines\n"), {"~part/0/prompt": "two\r\nlines\n"}),
    (field("model", b"whisper-1"), {}),
    (field("model", b"Anna Schmidt"), {"~part/0/model": "Anna Schmidt"}),
    (field("purpose", b"batch"), {}),
    (field("purpose", b"for Anna"), {"~part/0/purpose": "for Anna"}),
    (field("meta", b'{"a": ["x", {"b": "y"}]}'), {"~part/0/meta~json/a/0": "x", "~part/0/meta~json/a/1/b": "y"}),
    (field("meta", b'{"a": '), {"~part/0/meta": '{"a": '}),
    (field("image[]", b"x"), {"~part/0/image": "x"}),
    (field("Anna Schmidt", b"x"), {"~part/0~key": "Anna Schmidt", "~part/0": "x"}),
    (field("prompt", b""), {}),
    (("Content-Type: application/json", b'{"file": {"displayName": "Anna"}}'), {"~part/0~json/file/displayName": "Anna"}),
    (("Content-Disposition: form-data; name=x", b"y z"), {"~part/0/x": "y z"}),
    (("content-disposition:form-data;name=x ; filename=anna.txt", b"y"), {"~part/0/x~filename": "anna.txt", "~part/0/x": "y"}),
    (("Content-Type: text/plain; charset=utf-8; header=present", b"y z"), {"~part/0": "y z"}),
    (('Content-Type: text/csv; by="Anna S"', b"y z"), {"~part/0~head/0": ' by="Anna S"', "~part/0": "y z"}),
    (("Content-Type: text/anna smith", b"y z"), {"~part/0~head/0": "text/anna smith", "~part/0": "y z"}),
    (("Content-ID: <Anna S>", b"y z"), {"~part/0~head/0": "<Anna S>", "~part/0": "y z"}),
    (("Content-Length: 3 Anna", b"y z"), {"~part/0~head/0": "3 Anna", "~part/0": "y z"}),
    (('Content-Disposition: inline; name=x; size="Anna S"', b"y"), {"~part/0/x~head/0": "Anna S", "~part/0/x": "y"}),
    (file("anna.txt", b"hello", "text/plain"), {"~part/0/file~filename": "anna.txt", "~part/0/file": "hello"}),
    (file("a.txt", b'["x"]', "text/plain"), {"~part/0/file~filename": "a.txt", "~part/0/file~json/0": "x"}),
    (file("a%22b%C3%A9.txt", b"x"), {"~part/0/file~filename": 'a"bé.txt', "~part/0/file": "x"}),
    (file('a\\"b.txt', b"x"), {"~part/0/file~filename": 'a"b.txt', "~part/0/file": "x"}),
    (file("a%FF.txt", b"x"), {"~part/0/file~filename": "a%FF.txt", "~part/0/file": "x"}),
    (
        file("batch.jsonl", json.dumps(LINE).encode(), "application/octet-stream"),
        {
            "~part/0/file~filename": "batch.jsonl",
            "~part/0/file~line/0/body/messages/0/content": "Hello Anna",
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("part", "expected"), READ)
def test_what_is_read(part: tuple[str, bytes], expected: dict[str, str]) -> None:
    extraction = FORM.extract(form(part))
    assert {segment.pointer: segment.text for segment in extraction.segments} == expected
    assert (extraction.skipped, extraction.attachments) == ((), ())


@pytest.mark.parametrize(("part", "expected"), READ)
def test_each_text_can_be_replaced_and_nothing_else_changes(part: tuple[str, bytes], expected: dict[str, str]) -> None:
    body = form(field("before", b"1\r\n"), part, field("after", b"\r\n2"))
    assert FORM.rebuild(body, {}) is body
    before = {segment.pointer: segment.text for segment in FORM.extract(body).segments}
    for pointer, value in before.items():
        if pointer.endswith("~key"):
            continue
        if "~head/" in pointer:  # a header can't hold everything
            assert FORM.rebuild(body, {pointer: "PERSON_1 é"}) == body.replace(value.encode(), b"PERSON_1 %C3%A9")
            continue
        ending = value[-6:] if pointer.endswith("~filename") else ""
        text = f'B "%41" é\r\n{ending}'
        new = FORM.rebuild(body, {pointer: text})
        assert {s.pointer: s.text for s in FORM.extract(new).segments} == {**before, pointer: text}
        old_parts, new_parts = parts_of(body, b"b"), parts_of(new, b"b")
        for n, (old, other) in enumerate(zip(old_parts, new_parts, strict=True)):
            if not pointer.startswith(f"~part/{n}"):
                assert body[old.head.start : old.data.end] == new[other.head.start : other.data.end]
    if len(expected) > 1 and not any(pointer.endswith("~key") for pointer in expected):
        texts = dict.fromkeys((pointer for pointer in before if not pointer.endswith("~filename")), "[NEW]")
        assert "[NEW]" in {s.text for s in FORM.extract(FORM.rebuild(body, texts)).segments}


ATTACHED: list[tuple[tuple[str, bytes], Attachment]] = [
    (
        file("a.pdf", b"%PDF-1.7\r\n--x", "application/pdf"),
        Attachment("~part/0/file", Role.USER, b"%PDF-1.7\r\n--x", "application/pdf", "a.pdf"),
    ),
    (file("a.txt", b"%PDF-", "text/plain"), Attachment("~part/0/file", Role.USER, b"%PDF-", "text/plain", "a.txt")),
    (file("a.png", b"\x89PNG", ""), Attachment("~part/0/file", Role.USER, b"\x89PNG", "", "a.png")),
    (field("image", b"\x89PNG"), Attachment("~part/0/image", Role.USER, b"\x89PNG", "", "")),
    (
        ('Content-Disposition: form-data; name="a"\r\nContent-Type: audio/wav', b"RIFF"),
        Attachment("~part/0/a", Role.USER, b"RIFF", "audio/wav", ""),
    ),
]


@pytest.mark.parametrize(("part", "expected"), ATTACHED)
def test_files_that_are_not_text_are_attachments(part: tuple[str, bytes], expected: Attachment) -> None:
    assert FORM.extract(form(part)).attachments == (expected,)


def test_a_file_inside_json_inside_a_part_is_an_attachment_and_can_be_replaced() -> None:
    body = form(field("meta", b'{"image": "data:image/png;base64,iVBORw0="}'))
    (attached,) = FORM.extract(body).attachments
    assert attached.pointer == "~part/0/meta~json/image"
    new = FORM.rebuild(body, {}, {attached.pointer: Replacement(b"x", "image/png")})
    assert new == form(field("meta", b'{"image": "data:image/png;base64,eA=="}'))


def test_a_file_is_replaced_with_its_type_and_the_ending_of_its_name() -> None:
    body = form(field("a", b"1"), file("anna.pdf", b"%PDF-1.7", "application/pdf; version=1.7"), field("z", b"2"))
    new = FORM.rebuild(
        body, {"~part/1/file~filename": "[NAME].pdf"}, {"~part/1/file": Replacement(b"text", "text/plain", ".txt")}
    )
    assert new == form(field("a", b"1"), file("[NAME].pdf.txt", b"text", "text/plain; version=1.7"), field("z", b"2"))


UNREAD = [
    ("Content-Transfer-Encoding: base64", b"QW5uYQ=="),
    ("Content-Transfer-Encoding: quoted-printable", b"=41nna"),
    ("Content-Type: text/plain; charset=utf-16", b"A\x00"),
    ("Content-Type: text/plain; charset=iso-8859-1", b"\xfc"),
]


@pytest.mark.parametrize(("head", "data"), UNREAD)
def test_encodings_that_a_server_might_undo_are_not_read(head: str, data: bytes) -> None:
    extraction = FORM.extract(form((f'Content-Disposition: form-data; name="a"\r\n{head}', data)))
    assert extraction.skipped == (Skipped("~part/0/a", SkipReason.UNREADABLE),)
    assert extraction.segments == ()


DAMAGED = [
    b"",
    b"hello",
    b"--b",
    b"--b--",
    b"--b--\r\n",
    b"--b\r\n\r\nx",
    b"--b\r\n\r\nx\r\n--b",
    b"--b\r\n\r\nx\r\n--b-",
    b"--b\r\n\r\nx\r\n--c--",
    b"--b\n\nx\n--b--\n",
    b"--b\r\n\r\nx\n--b--",
    b"--b\r\n\r\nx\r\n--b--\r\nmore",
    b"--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\nAnna\r\n--b--",
    b"preamble\r\n--b\r\n\r\nx\r\n--b--",
    b"\r\n--b\r\n\r\nx\r\n--b--",
    b"--b \r\n\r\nx\r\n--b--",
    b"--bb\r\n\r\nx\r\n--bb--",
    b"--b\r\n\r\nx --b\r\n--b--",
    b"--b\r\n\r\nx\n--b\r\nContent-Disposition: form-data; name=y\r\n\r\nAnna\r\n--b--",
    b"--b\r\n\r\nx\r--b\r\n\r\ny\r\n--b--",
    b"--b\r\nno header\r\n\r\nx\r\n--b--",
    b"--b\r\nA: 1\r\n folded\r\n\r\nx\r\n--b--",
    b"--b\r\nA: 1\nB: 2\r\n\r\nx\r\n--b--",
    b"--b\r\nA : 1\r\n\r\nx\r\n--b--",
    b"--b\r\nA: 1\r\na: 2\r\n\r\nx\r\n--b--",
    b"--b\r\nA: 1\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--",
    b'--b\r\nContent-Disposition: form-data; name="a\r\n\r\nx\r\n--b--',
    b"--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; name=a; filename*=utf-8''%41nna\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; name=a b\r\n\r\nx\r\n--b--",
    b"--b\r\nContent-Disposition: other; name=a\r\n\r\nx\r\n--b--",
    b"--b\r\nA: " + b"x" * 9000 + b"\r\n\r\nx\r\n--b--",
]


@pytest.mark.parametrize("body", DAMAGED)
def test_what_another_reader_could_read_otherwise_is_refused(body: bytes) -> None:
    with pytest.raises(BodyError):
        parts_of(body, b"b")
    if body:
        with pytest.raises(BodyError):
            FORM.extract(body)


BOUNDARIES = [
    ("multipart/form-data; boundary=b", b"b"),
    ('multipart/form-data; boundary="a b"', b"a b"),
    ("Multipart/Form-Data;charset=utf-8;BOUNDARY=----WebKitFormBoundaryAbC123", b"----WebKitFormBoundaryAbC123"),
    ("multipart/related; type=\"application/json\"; boundary='x'", b"'x'"),
    ("multipart/form-data; boundary=" + "x" * 70, b"x" * 70),
]


@pytest.mark.parametrize(("content_type", "boundary"), BOUNDARIES)
def test_boundaries(content_type: str, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="a',
        'multipart/form-data; boundary="a "',
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a, multipart/form-data; boundary=b",
        "multipart/form-data; boundary*=utf-8''a",
        "multipart/form-data; boundary=" + "x" * 71,
        "multipart/form-data; boundary=ä",
    ],
)
def test_content_types_without_one_clear_boundary_are_refused(content_type: str) -> None:
    with pytest.raises(BodyError):
        boundary_of(content_type)
    with pytest.raises(BodyError):
        Multipart(content_type=content_type).extract(form(field("a", b"x")))


def test_too_many_parts_are_a_limit() -> None:
    with pytest.raises(LimitError):
        FORM.extract(form(*[field("a", b"x")] * 1001))


def test_a_text_that_holds_the_boundary_is_refused() -> None:
    body = form(field("prompt", b"x"))
    for text in ("a\r\n--b\r\n\r\nb", "--b", "x\r\n--b--"):
        with pytest.raises(BodyError):
            FORM.rebuild(body, {"~part/0/prompt": text})


@pytest.mark.parametrize("pointer", ["~part/1/a", "~part/x", "/a", "", "~part/0~key", "~part/0/a~json/b"])
def test_places_that_cannot_be_edited(pointer: str) -> None:
    with pytest.raises(BodyError):
        FORM.rebuild(form(field("a", b"x")), {pointer: "y"})


def test_the_model_is_the_field_of_that_name() -> None:
    def model(body: bytes, content_type: str = TYPE) -> str:
        return Multipart(content_type=content_type).model(Request("POST", "h", "/", {}, body))

    assert model(form(field("file", b"x"), field("model", b"whisper-1"))) == "whisper-1"
    assert model(form(field("model", b"for Anna Schmidt"))) == ""
    assert model(form(field("file", b"x"))) == ""
    assert model(b"damaged") == model(b"x", "multipart/form-data") == ""


def test_a_part_without_any_header_is_read() -> None:
    assert [s.text for s in FORM.extract(b"--b\r\n\r\nhello\r\n--b--").segments] == ["hello"]


def test_an_empty_body_has_nothing_in_it() -> None:
    assert FORM.extract(b"").segments == ()


names = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(
    fields=st.dictionaries(names, st.text(max_size=20), max_size=3),
    files=st.lists(st.tuples(names, st.binary(max_size=40)), max_size=3),
)
def test_what_a_client_library_writes_is_read_whole(fields: dict[str, str], files: list[tuple[str, bytes]]) -> None:
    """Whatever httpx writes, each field and file is a segment or an attachment, and rebuilding changes nothing."""
    upload = [("file", (name, data, "application/octet-stream")) for name, data in files]
    request = httpx.Request("POST", "http://h/", data=fields, files=upload or {"x": ("x.bin", b"\x00")})
    body = request.read()
    dialect = Multipart.of(Generic(), request.headers["content-type"])
    extraction = dialect.extract(body)
    read = {segment.text for segment in extraction.segments}
    seen = read | {piece for text in read for piece in text.split("\n")}
    for value in fields.values():
        assert (
            not value.strip()
            or value in seen
            or _is_data(value)
            or any(value.encode() == a.data for a in extraction.attachments)
        )
    for name, _ in files:
        assert name in read or "%" in name or "\\" in name
    # A name is changed at its beginning: its ending says what the file is read as.
    texts = {
        s.pointer: f"é{s.text}" if s.pointer.endswith("~filename") else f"{s.text}é"
        for s in extraction.segments
        if not s.pointer.endswith("~key")
    }
    again = dialect.extract(dialect.rebuild(body, texts))
    assert {s.text for s in again.segments if not s.pointer.endswith("~key")} >= {
        text for text in texts.values() if "\\" not in text
    }


def _is_data(value: str) -> bool:
    """JSON is read string by string, and numbers and words of JSON are not strings."""
    return value.lstrip()[:1] in {"{", "["}
