"""What a file is, by its bytes. What it is said to be never makes it so; a claim that disagrees makes it unreadable."""

import json
import re
import zipfile
from enum import StrEnum
from io import BytesIO

from detectors.finding import SkipReason
from proxy.content.charset import decode


class Kind(StrEnum):
    """What can be opened."""

    PDF = "pdf"
    WORD = "docx"
    SHEETS = "xlsx"
    SLIDES = "pptx"
    OPEN_DOCUMENT = "odf"
    ZIP = "zip"
    TAR = "tar"
    COMPRESSED = "compressed"
    IMAGE = "image"
    RICH_TEXT = "rtf"
    MAIL = "eml"
    MARKUP = "html"
    JSON = "json"
    LINES = "jsonl"
    TEXT = "text"


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.SHEETS: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.SLIDES: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Kind.OPEN_DOCUMENT: "application/vnd.oasis.opendocument",
    Kind.ZIP: "application/zip",
    Kind.TAR: "application/x-tar",
    Kind.COMPRESSED: "application/gzip",
    Kind.RICH_TEXT: "application/rtf",
    Kind.MAIL: "message/rfc822",
    Kind.MARKUP: "text/html",
}
# By their first bytes; in each there is one that no text begins with ("BMW", "ID3 tags", "OggS").
_IMAGES = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a[^\n]{4}[\x00-\x1f\x80-\xff]|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP",
    re.DOTALL,
)
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|BZh[1-9](?:1AY&SY|\x17rE8P\x90)|\xfd7zXZ\0")
# What is known, and can't be opened here: sound, film, old Office files, programs, databases, other archives.
_FOREIGN = {
    rb"ID3[\0-\x0f]|\xff[\xfb\xf3]": "audio/mpeg",
    rb"\xff[\xf1\xf9]": "audio/aac",
    rb"OggS\0": "audio/ogg",
    rb"fLaC\0": "audio/flac",
    rb"#!AMR(?:-WB)?\n": "audio/amr",
    rb"MThd\0": "audio/midi",
    rb"\x1aE\xdf\xa3": "video/webm",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/x-ole-storage",
    rb"SQLite format 3\0": "application/vnd.sqlite3",
    rb"7z\xbc\xaf\x27\x1c": "application/x-7z-compressed",
    rb"Rar!\x1a": "application/vnd.rar",
    rb"\x28\xb5\x2f\xfd": "application/zstd",
    rb"PAR1[\0-\x1f\x80-\xff]": "application/vnd.apache.parquet",
    rb"\x7fELF": "application/x-executable",
    rb"8BPS\0": "image/vnd.adobe.photoshop",
    rb".{4}ftyp(?:M4A|M4B)": "audio/mp4",
    rb".{4}ftyp(?:hei[cmsx]|hev[cmsx]|mif[12]|miaf|msf1|avi[fs])": "image/heic",
    rb".{4}ftyp(?:[a-z0-9]{3})": "video/mp4",
    rb"RIFF.{4}WAVE": "audio/wav",
    rb"RIFF.{4}AVI ": "video/x-msvideo",
}
_FOREIGN_HEADS = [(re.compile(head, re.DOTALL), media_type) for head, media_type in _FOREIGN.items()]
_PDF_WITHIN = 1024  # bytes in which readers look for the header
_MAIL_HEAD = re.compile(
    r"(?:(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|X-[\w-]+|Content-Type): ?"
    r"[^\n]*\n(?:[ \t][^\n]*\n)*){3}",
    re.IGNORECASE,
)
_MARKUP_HEAD = re.compile(r"\s*(?:<!doctype\s|<html\b|<\?xml\b|<svg\b|<!--)", re.IGNORECASE)

_TEXTS = frozenset({Kind.TEXT, Kind.JSON, Kind.LINES, Kind.MARKUP, Kind.MAIL, Kind.RICH_TEXT})
_ARCHIVES = frozenset({Kind.ZIP, Kind.WORD, Kind.SHEETS, Kind.SLIDES, Kind.OPEN_DOCUMENT})
_OFFICE = {"wordprocessingml": Kind.WORD, "spreadsheetml": Kind.SHEETS, "presentationml": Kind.SLIDES}
_CLAIMS: dict[str, frozenset[Kind]] = {
    "application/pdf": frozenset({Kind.PDF}),
    "application/zip": _ARCHIVES,
    "application/x-zip-compressed": _ARCHIVES,
    "application/x-tar": frozenset({Kind.TAR, Kind.COMPRESSED}),
    "application/gzip": frozenset({Kind.COMPRESSED}),
    "application/rtf": frozenset({Kind.RICH_TEXT}),
    "application/msword": frozenset({Kind.RICH_TEXT, Kind.MARKUP}),
    "application/vnd.ms-excel": _TEXTS | {Kind.SHEETS},  # what Windows says of CSV
    "application/json": _TEXTS,
    "application/xml": _TEXTS,
    "application/csv": _TEXTS,
    "application/yaml": _TEXTS,
    "application/x-yaml": _TEXTS,
    "application/javascript": _TEXTS,
    "application/x-ndjson": _TEXTS,
    "application/jsonl": _TEXTS,
    "application/xhtml+xml": _TEXTS,
    "message/rfc822": _TEXTS,
}
_ENDINGS: dict[str, frozenset[Kind]] = {
    "pdf": frozenset({Kind.PDF}),
    "docx": frozenset({Kind.WORD}),
    "docm": frozenset({Kind.WORD}),
    "xlsx": frozenset({Kind.SHEETS}),
    "xlsm": frozenset({Kind.SHEETS}),
    "pptx": frozenset({Kind.SLIDES}),
    "odt": frozenset({Kind.OPEN_DOCUMENT}),
    "ods": frozenset({Kind.OPEN_DOCUMENT}),
    "odp": frozenset({Kind.OPEN_DOCUMENT}),
    "zip": _ARCHIVES,
    "tar": frozenset({Kind.TAR}),
    **dict.fromkeys(("gz", "tgz", "bz2", "xz"), frozenset({Kind.COMPRESSED})),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"), frozenset({Kind.IMAGE})),
    **dict.fromkeys(("txt", "md", "csv", "tsv", "json", "jsonl", "xml", "html", "htm", "eml", "rtf", "svg"), _TEXTS),
}


def kind_of(data: bytes, media_type: str = "", name: str = "") -> Kind | SkipReason:
    """What the bytes are; the reason, if that can't be opened or the claims disagree with it."""
    kind = _by_bytes(data)
    if kind is None:
        kind = _text_kind(data, media_type, name)
    if isinstance(kind, SkipReason):
        return kind
    return kind if _agrees(kind, media_type, name) else SkipReason.UNREADABLE


def foreign_type(data: bytes) -> str:
    """The media type of what is known and can't be opened here, by its bytes; empty for everything else."""
    return next((media_type for head, media_type in _FOREIGN_HEADS if head.match(data)), "")


def is_binary(data: bytes) -> bool:
    """Whether the bytes are a file that is no text, by what it begins with."""
    return _by_bytes(data) is not None


def declared_charset(media_type: str) -> str:
    """The `charset` parameter of a media type."""
    found = re.search(r";\s*charset=\"?([\w-]+)", media_type, re.IGNORECASE)
    return found[1] if found else ""


def _by_bytes(data: bytes) -> Kind | SkipReason | None:
    if data.startswith(b"%PDF-"):
        return Kind.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data)
    if _IMAGES.match(data):
        return Kind.IMAGE
    if _COMPRESSED.match(data):
        return Kind.COMPRESSED
    if data[257:262] == b"ustar":
        return Kind.TAR
    if data.startswith(b"{\\rtf"):
        return Kind.RICH_TEXT
    if foreign_type(data):
        return SkipReason.UNSUPPORTED_MEDIA
    return None


def _zip_kind(data: bytes) -> Kind | SkipReason:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return SkipReason.UNREADABLE
    if "[Content_Types].xml" in names:
        for folder, kind in (("word/", Kind.WORD), ("xl/", Kind.SHEETS), ("ppt/", Kind.SLIDES)):
            if any(name.startswith(folder) for name in names):
                return kind
    if "mimetype" in names and "content.xml" in names:
        return Kind.OPEN_DOCUMENT
    return Kind.ZIP


def _text_kind(data: bytes, media_type: str, name: str) -> Kind | SkipReason:
    if b"%PDF-" in data[:_PDF_WITHIN] and b"%%EOF" in data:
        return Kind.PDF
    found = decode(data, declared_charset(media_type))
    if found is None:
        return SkipReason.UNSUPPORTED_MEDIA if media_type.startswith(("audio/", "video/")) else SkipReason.UNREADABLE
    text = found[0]
    plain = media_type.partition(";")[0].strip()
    ending = name.rpartition(".")[2].lower()
    if plain == "message/rfc822" or ending == "eml" or _MAIL_HEAD.match(text):
        return Kind.MAIL
    if ending in {"html", "htm", "xml", "svg", "xhtml"} or plain.endswith(("/html", "xml")) or _MARKUP_HEAD.match(text):
        return Kind.MARKUP
    if text.lstrip()[:1] in {"{", "["}:
        return _json_kind(text)
    return Kind.TEXT


def _json_kind(text: str) -> Kind:
    if _parses(text):
        return Kind.JSON
    lines = [line for line in text.split("\n") if line.strip()]
    return Kind.LINES if len(lines) > 1 and all(_parses(line) for line in lines) else Kind.TEXT


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _agrees(kind: Kind, media_type: str, name: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    claimed = _CLAIMS.get(plain)
    if claimed is None:
        if plain.startswith("text/"):
            claimed = _TEXTS
        elif plain.startswith("image/") and plain != "image/svg+xml":
            claimed = frozenset({Kind.IMAGE})
        else:
            claimed = next((frozenset({kind}) for word, kind in _OFFICE.items() if word in plain), None)
    named = _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
    return all(kinds is None or kind in kinds for kinds in (claimed, named))
