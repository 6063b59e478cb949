"""What a file's bytes are read as."""

import pytest

from proxy.providers.files import LINE, TEXT, is_text, read_as
from proxy.providers.json_dialect import JSON

OCTETS = "application/octet-stream"

KINDS: list[tuple[bytes, str, str, str | None]] = [
    (b"hello", "text/plain", "notes.txt", TEXT),
    (b"hello", "", "", TEXT),
    (b"hello", OCTETS, "notes.md", TEXT),
    (b"a,b\n1,2", "text/csv", "x.csv", TEXT),
    (b"print(1)", "text/x-python", "x.py", TEXT),
    ("Grüße".encode(), "text/plain", "x", TEXT),
    ("\ufeffGrüße".encode(), "text/plain", "x", TEXT),
    (b"{}", JSON, "x", JSON),
    (b"{}", OCTETS, "x.JSON", JSON),
    (b"{}\n{}", OCTETS, "x.jsonl", LINE),
    (b"{}\n{}", "text/plain", "x.jsonl", LINE),
    (b"{}\n{}", "application/jsonl", "x", LINE),
    # not plain text
    (b"%PDF-1.4", "text/plain", "notes.txt", None),
    (b" {\\rtf1 \\'41nna}", "text/plain", "notes.txt", None),
    (b"PK\x03\x04", OCTETS, "x", None),
    (b"<p>&#65;nna</p>", "text/html", "x.html", None),
    (b"{\\rtf1}", "text/rtf", "x.rtf", None),
    (b"hello", OCTETS, "x.pdf", None),
    (b"hello", OCTETS, "x.eml", None),
    (b"hello", "application/pdf", "x.txt", None),
    (b"hello", "image/png", "", None),
    (b"Gr\xfc\xdfe", "text/plain", "x.txt", None),
    ("Grüße".encode("utf-16"), "text/plain", "x.txt", None),
    (b"a\x00b", "text/plain", "x.txt", None),
    (b"a\x1bb", "text/plain", "x.txt", None),
]


@pytest.mark.parametrize(("data", "media_type", "name", "kind"), KINDS)
def test_read_as(data: bytes, media_type: str, name: str, kind: str | None) -> None:
    assert read_as(data, media_type, name) == kind


def test_is_text() -> None:
    assert is_text(b"a\tb\r\n\x0c")
    assert not is_text(b"\x07")
