"""Files through the real service with the vendors' SDKs: the vendor gets tokens, the person gets values back.

Each file is sent twice, as clients do with every turn: the second time the stand-in answers with the token that it got.
"""

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors as genai_errors
from google.genai import types
from PIL import Image

from detectors.encoded import decode_base64
from proxy.content import ocr
from tests.e2e.test_sdks import anthropic_client, gemini_client, openai_client
from tests.fakes import files
from tests.fakes.model import Behaviour
from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

ANNA = "Anna Schmidt"
LETTER = f"The contract of {ANNA} was signed on Monday. She lives in Bonn."
TOKEN = re.compile(r"PERSON_[0-9A-Z]{8}")
needs_tesseract = pytest.mark.skipif(ocr.tesseract() is None, reason="tesseract is not installed")

DOCUMENTS = {
    "letter.pdf": ("application/pdf", files.pdf("First page.", LETTER)),
    "letter.docx": (files.DOCX, files.word(f"{ANNA}, the contract was signed on Monday")),
    "people.xlsx": (files.XLSX, files.workbook(ANNA, number=42)),
}
each_document = pytest.mark.parametrize("name", DOCUMENTS)


def url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def chat(service: Service, name: str, media_type: str, data: bytes) -> str:
    part: Any = {"type": "file", "file": {"filename": name, "file_data": url(media_type, data)}}
    if media_type.startswith("image/"):
        part = {"type": "image_url", "image_url": {"url": url(media_type, data)}}
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "Whose is it?"}, part]}]
    reply = openai_client(service, "proxy").chat.completions.create(model="gpt-4o", messages=messages)
    return reply.choices[0].message.content or ""


def responses(service: Service, name: str, media_type: str, data: bytes) -> str:
    part: Any = {"type": "input_file", "filename": name, "file_data": url(media_type, data)}
    if media_type.startswith("image/"):
        part = {"type": "input_image", "image_url": url(media_type, data), "detail": "auto"}
    given: Any = [{"role": "user", "content": [{"type": "input_text", "text": "Whose is it?"}, part]}]
    return openai_client(service, "gateway").responses.create(model="gpt-4o", input=given).output_text


def messages(service: Service, name: str, media_type: str, data: bytes) -> str:
    kind = "image" if media_type.startswith("image/") else "document"
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    turns: Any = [{"role": "user", "content": [{"type": kind, "source": source}, {"type": "text", "text": "Whose?"}]}]
    client = anthropic_client(service, "proxy")
    reply = client.messages.create(model="claude-sonnet-4-5", max_tokens=99, messages=turns)
    return "".join(block.text for block in reply.content if block.type == "text")


def gemini(service: Service, name: str, media_type: str, data: bytes) -> str:
    parts: Any = [types.Part.from_bytes(data=data, mime_type=media_type), "Whose is it?"]
    client = gemini_client(service, "gateway")  # it closes its connections when nobody holds it
    reply = client.models.generate_content(model="gemini-2.5-flash", contents=parts)
    return reply.text or ""


APIS: dict[str, Callable[[Service, str, str, bytes], str]] = {
    "chat": chat,
    "responses": responses,
    "messages": messages,
    "gemini": gemini,
}
each_api = pytest.mark.parametrize("api", APIS)


def sent_files(vendor: Vendor) -> list[bytes]:
    """Every file in the last request, and the text that has come to stand for one."""
    found: list[bytes] = []

    def walk(value: Any) -> None:
        match value:
            case dict():
                if isinstance(value.get("data"), str):
                    text = value["data"]
                    found.append(text.encode() if value.get("type") == "text" else decode_base64(text) or b"")
                for item in value.values():
                    walk(item)
            case list():
                for item in value:
                    walk(item)
            case str() if value.startswith("data:"):
                found.append(base64.b64decode(value.partition(",")[2]))

    walk(json.loads(vendor.requests[-1].body))
    return found


@each_api
@each_document
def test_the_vendor_gets_tokens_and_the_person_gets_names(
    service: Service, real_vendor: Vendor, api: str, name: str
) -> None:
    media_type, data = DOCUMENTS[name]
    APIS[api](service, name, media_type, data)
    (text,) = [sent.decode() for sent in sent_files(real_vendor)]
    tokens = set(TOKEN.findall(text))
    assert "Schmidt" not in text
    assert not real_vendor.saw("Schmidt")
    assert len(tokens) == 1
    real_vendor.once(Behaviour(text=f"It is the contract of {tokens.pop()}."))
    assert APIS[api](service, name, media_type, data) == f"It is the contract of {ANNA}."
    assert len(real_vendor.requests) == 2


@needs_tesseract
@each_api
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_names_in_pictures_are_blacked_out(service: Service, real_vendor: Vendor, api: str, kind: str) -> None:
    media_type = f"image/{kind.lower()}"
    picture = files.picture(f"Dear {ANNA}, welcome", kind, artist=ANNA)
    APIS[api](service, "picture", media_type, picture)
    (sent,) = sent_files(real_vendor)
    image = Image.open(io.BytesIO(sent))
    text = ocr.read_words(image, "eng").text
    assert image.format == kind
    assert "Schmidt" not in text
    assert "welcome" in text
    assert ANNA.encode() not in sent


@each_api
def test_harmless_files_arrive_byte_for_byte(service: Service, real_vendor: Vendor, api: str) -> None:
    data = files.pdf("The meeting is on Monday.")
    APIS[api](service, "a.pdf", "application/pdf", data)
    assert sent_files(real_vendor) == [data]


REFUSED = {
    "bomb": ("application/pdf", files.archive(a__txt=bytes(150_000_000))),
    "zip bomb": ("application/zip", files.archive(a__txt=bytes(150_000_000))),
    "encrypted": ("application/pdf", files.pdf(LETTER, password="secret")),
    "a lie": ("application/pdf", files.word(ANNA)),
    "another lie": ("image/png", LETTER.encode()),
    "damaged": ("application/pdf", files.pdf(LETTER)[:200]),
    "sound": ("audio/mpeg", b"ID3" + bytes(2_000)),
    "secret": ("text/plain", b"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY1a2b3c4d5e"),
    "a secret in a document": (
        "application/pdf",
        files.pdf("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY1a2b3c4d5e"),
    ),
}


@each_api
@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_leave_is_refused_and_the_vendor_gets_nothing(
    service: Service, real_vendor: Vendor, api: str, name: str
) -> None:
    media_type, data = REFUSED[name]
    errors = (openai.PermissionDeniedError, anthropic.PermissionDeniedError, genai_errors.ClientError)
    with pytest.raises(errors, match="403"):
        APIS[api](service, "file", media_type, data)
    assert real_vendor.requests == []


def test_uploads_are_opened_and_replaced(service: Service, real_vendor: Vendor) -> None:
    _, data = DOCUMENTS["letter.pdf"]
    openai_client(service, "proxy").files.create(file=(f"{ANNA}.pdf", data), purpose="user_data")
    body = real_vendor.requests[-1].body
    assert b"Schmidt" not in body
    assert b"The contract of PERSON_" in body
    assert b'.pdf.txt"' in body
    assert b"text/plain" in body


def test_uploads_that_cannot_be_read_stay_here(service: Service, real_vendor: Vendor) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        openai_client(service, "proxy").files.create(
            file=("a.pdf", files.pdf(LETTER, password="secret")), purpose="user_data"
        )
    assert real_vendor.requests == []


def test_a_worker_that_dies_lets_nothing_through_and_comes_back(service: Service, real_vendor: Vendor) -> None:
    import os
    import signal

    for pid in service.get("/healthz")["workers"]["content"]["pids"]:
        os.kill(pid, signal.SIGKILL)
    media_type, data = DOCUMENTS["letter.pdf"]
    try:
        messages(service, "x", media_type, data + b"\n% never seen before")
    except anthropic.APIStatusError:
        assert real_vendor.requests == []
    assert not real_vendor.saw("Schmidt")
    messages(service, "x", media_type, data)
    assert TOKEN.search(sent_files(real_vendor)[0].decode())


def test_the_audit_log_knows_where_and_never_what(service: Service, real_vendor: Vendor) -> None:
    media_type, data = DOCUMENTS["letter.pdf"]
    messages(service, "letter.pdf", media_type, data)
    shown = service.privet("audit", "export", "--format", "jsonl").stdout
    assert "/messages/0/content/0/source/data~file/" in shown
    assert "Schmidt" not in shown
    assert "Schmidt" not in service.log
