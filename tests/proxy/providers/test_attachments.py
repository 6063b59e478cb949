"""Bytes in strings: what is decoded and what isn't, and what stands there once another file takes their place."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.encoded import decode_base64
from proxy.errors import BodyError
from proxy.message import Replacement, Request, Role
from proxy.providers.attachments import beside, decode, edits, is_data_url, values
from proxy.providers.generic import Generic
from proxy.providers.json_dialect import JsonDialect
from proxy.providers.json_spans import flatten, scan
from proxy.providers.registry import dialect_for, dialects

PDF = b"%PDF-1.7 \xff\xfe stands for a document"
ENCODED = base64.b64encode(PDF).decode()
TEXT = Replacement(b"Dear PERSON_7KQ2MXAB", "text/plain", ".txt")
PICTURE = Replacement(b"\x89PNG other pixels", "image/png")


@given(data=st.binary(min_size=1))
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(data).decode()
        assert decode_base64(text) == data
        assert decode_base64(text.rstrip("=")) == data
        assert decode_base64("\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))) == data
        found = decode(f"data:application/pdf;base64,{text}")
        assert found is not None
        assert found == (data, "application/pdf")
        assert "data" not in repr(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "YQ=",
        "YQ===",
        "YQ==YQ==",
        "Y",
        "YQ==\x00",
        "a+b-",
        "a/b_",
        "hello world!",
        "YQ==.",
        "é",
        "AAAA\ud800",
    ],
)
def test_what_a_lenient_decoder_might_still_read_is_not_decoded(text: str) -> None:
    assert decode_base64(text) is None
    assert decode(text) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:,Hello%20Anna", (b"Hello Anna", "text/plain")),
        ("data:text/csv,a;b", (b"a;b", "text/csv")),
        ("DATA:Text/Plain;Charset=UTF-8;BASE64,QW5uYQ==", (b"Anna", "text/plain;charset=utf-8")),
        ("data:;base64,QW5uYQ==", (b"Anna", "text/plain")),
        ('data:text/plain;charset="utf-16";base64,QQ==', (b"A", 'text/plain;charset="utf-16"')),
        ("data:application/pdf;base64,####", None),
        ("data:application/pdf;name=Anna.pdf;base64,QQ==", None),  # a name could be content
        ("data:Anna Schmidt,hello", None),
        ("data:,Hello Anna", None),
        ("data:,100%", None),
        ("data: a report about something, and more", None),
    ],
)
def test_data_urls(url: str, expected: tuple[bytes, str] | None) -> None:
    assert decode(url) == expected
    assert is_data_url(url)


def test_what_stands_beside() -> None:
    texts = {"/a/media_type": "x/y", "/a/data": "QQ==", "/b/media_type": "other"}
    assert list(beside(texts, "/a/data", ("media_type", "mime_type"))) == [("/a/media_type", "x/y")]


OPENAI_CHAT = {
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "file",
                    "file": {"filename": "Anna.pdf", "file_data": f"data:application/pdf;base64,{ENCODED}"},
                },
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ENCODED}"}},
                {"type": "file", "file": {"file_id": "file-BzGEnXEhkTWQ1bBqzWQvAw00"}},
                {"type": "image_url", "image_url": {"url": ENCODED}},
            ],
        }
    ]
}
ANTHROPIC = {
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": ENCODED},
                    "title": "Anna",
                },
                {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": ENCODED}},
                {"type": "document", "source": {"type": "file", "file_id": "file_011CNha8iCJcU1wXNR6q4V8w"}},
            ],
        }
    ]
}
GEMINI = {
    "contents": [
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "application/pdf", "data": ENCODED, "displayName": "Anna.pdf"}},
                {"inline_data": {"mime_type": "image/png", "data": base64.urlsafe_b64encode(PDF).decode()}},
            ],
        }
    ]
}
RESPONSES = {
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_file", "filename": "Anna.pdf", "file_data": f"data:application/pdf;base64,{ENCODED}"}
            ],
        }
    ]
}
PATHS = {
    "/v1/chat/completions": OPENAI_CHAT,
    "/v1/messages": ANTHROPIC,
    "/v1beta/models/gemini-2.5-flash:generateContent": GEMINI,
    "/v1/responses": RESPONSES,
}


def request(body: bytes = b"{}", path: str = "/v1/chat/completions") -> Request:
    return Request("POST", "api.openai.com", path, {"content-type": "application/json"}, body)


def body_of(data: object) -> bytes:
    return json.dumps(data, indent=1).encode()


@pytest.mark.parametrize(("path", "data"), PATHS.items(), ids=list(PATHS))
def test_every_place_of_bytes_is_a_file_of_its_person(path: str, data: object) -> None:
    dialect = dialect_for(request(body=body_of(data), path=path))
    extraction = dialect.extract(body_of(data))
    assert extraction.attachments
    assert {file.data for file in extraction.attachments} == {PDF}
    assert {file.role for file in extraction.attachments} == {Role.USER}
    assert {file.media_type for file in extraction.attachments} <= {"application/pdf", "image/png", "image/jpeg"}
    assert not {file.pointer for file in extraction.attachments} & {s.pointer for s in extraction.segments}


def test_names_and_types_come_along() -> None:
    (file,) = (
        dialect_for(request(body=body_of(RESPONSES), path="/v1/responses")).extract(body_of(RESPONSES)).attachments
    )
    assert (file.name, file.media_type) == ("Anna.pdf", "application/pdf")
    assert "Anna" not in repr(file)


def test_ids_and_addresses_are_no_files() -> None:
    extraction = dialect_for(request()).extract(body_of(OPENAI_CHAT))
    places = {item.pointer for item in extraction.skipped}
    assert places == {"/messages/0/content/2/file/file_id", "/messages/0/content/3/image_url/url"}


def replaced(path: str, data: object, number: int, new: Replacement, texts: dict[str, str] | None = None) -> object:
    dialect = dialect_for(request(body=body_of(data), path=path))
    pointer = dialect.extract(body_of(data)).attachments[number].pointer
    return json.loads(dialect.rebuild(body_of(data), texts or {}, {pointer: new}))


def test_openai_gets_a_data_url_and_a_name_that_fits() -> None:
    pointer = "/messages/0/content/0/file/filename"
    new = replaced("/v1/chat/completions", OPENAI_CHAT, 0, TEXT, {pointer: "PERSON_7KQ2MXAB.pdf"})
    part, picture = new["messages"][0]["content"][:2]  # type: ignore[index]
    encoded = base64.b64encode(TEXT.data).decode()
    assert part["file"] == {"filename": "PERSON_7KQ2MXAB.pdf.txt", "file_data": f"data:text/plain;base64,{encoded}"}
    assert picture == OPENAI_CHAT["messages"][0]["content"][1]  # type: ignore[index]


def test_anthropic_gets_a_text_source() -> None:
    new = replaced("/v1/messages", ANTHROPIC, 0, TEXT)
    source = new["messages"][0]["content"][0]["source"]  # type: ignore[index]
    assert source == {"type": "text", "media_type": "text/plain", "data": "Dear PERSON_7KQ2MXAB"}


def test_anthropic_gets_another_image() -> None:
    new = replaced("/v1/messages", ANTHROPIC, 1, PICTURE)
    source = new["messages"][0]["content"][1]["source"]  # type: ignore[index]
    expected = base64.b64encode(PICTURE.data).decode()
    assert source == {"type": "base64", "media_type": "image/png", "data": expected}


def test_gemini_gets_the_other_type() -> None:
    path = "/v1beta/models/gemini-2.5-flash:generateContent"
    part = replaced(path, GEMINI, 0, TEXT)["contents"][0]["parts"][0]["inlineData"]  # type: ignore[index]
    assert part["mimeType"] == "text/plain"
    assert part["displayName"] == "Anna.pdf.txt"
    assert base64.b64decode(part["data"]) == TEXT.data


def test_the_alphabet_stays() -> None:
    path = "/v1beta/models/gemini-2.5-flash:generateContent"
    part = replaced(path, GEMINI, 1, Replacement(b"\xff\xff\xfe", "image/png"))["contents"][0]["parts"][1]  # type: ignore[index]
    assert part["inline_data"]["data"] == (
        "___-" if "_" in GEMINI["contents"][0]["parts"][1]["inline_data"]["data"] else "///+"
    )  # type: ignore[index]


@pytest.mark.parametrize("dialect", [*dialects(), Generic()], ids=lambda dialect: dialect.name)
def test_data_urls_and_long_base64_are_files_anywhere(dialect: JsonDialect) -> None:
    long = base64.b64encode(bytes(range(256)) * 4).decode()
    body = body_of({"x": {"deep": [f"data:text/csv;base64,{ENCODED}", long]}, "y": json.dumps({"z": long})})
    files = dialect.extract(body).attachments
    assert [(file.pointer, file.media_type) for file in files] == [
        ("/x/deep/0", "text/csv"),
        ("/x/deep/1", ""),
        ("/y~json/z", ""),
    ]
    edited = json.loads(dialect.rebuild(body, {}, {"/y~json/z": TEXT, "/x/deep/0": TEXT}))
    assert json.loads(edited["y"]) == {"z": base64.b64encode(TEXT.data).decode()}
    assert edited["x"]["deep"] == [f"data:text/plain;base64,{base64.b64encode(TEXT.data).decode()}", long]


def test_files_in_json_lines() -> None:
    lines = b"\n".join(
        json.dumps({"n": n, "file_data": f"data:application/pdf;base64,{ENCODED}"}).encode() for n in range(3)
    )
    dialect = Generic(media_type="application/x-ndjson")
    assert [f.pointer for f in dialect.extract(lines).attachments] == [f"~line/{n}/file_data" for n in range(3)]
    edited = dialect.rebuild(lines, {}, {"~line/1/file_data": TEXT}).split(b"\n")
    assert edited[0] == lines.split(b"\n")[0]
    assert edited[2] == lines.split(b"\n")[2]
    assert b"data:text/plain;base64," in edited[1]


def test_a_file_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(BodyError):
        edits(values(flatten(scan(b'{"a": "QQ=="}').literals)), {}, {"/b": TEXT})
    with pytest.raises(BodyError):
        Generic(media_type="text/plain").rebuild(b"text", {}, {"": TEXT})
