"""What a file's bytes are read as: text, JSON, JSON lines, or nothing that is text.

A text format that spells letters in other ways (HTML, RTF, mail, PDF) isn't text here, since a name can hide in it:
such a file is an attachment, for whoever can open it.
"""

from proxy.providers.json_dialect import JSON

LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines"})
LINE = "application/x-ndjson"
TEXT = "text/plain"
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream"})
# Texts as they are, by media type (beside `text/…`) and by the ending of the file's name.
MARKED_UP = frozenset({"text/html", "text/rtf", "text/richtext", "text/enriched"})
_TEXT_TYPES = frozenset(
    {
        *("application/javascript", "application/x-javascript", "application/typescript", "application/graphql"),
        *("application/x-yaml", "application/yaml", "application/toml", "application/sql", "application/x-sh"),
    }
)
_TEXT_ENDINGS = frozenset(
    {
        *("txt", "text", "md", "markdown", "csv", "tsv", "log", "tex", "bib", "srt", "vtt", "diff", "patch", "sql"),
        *("py", "js", "mjs", "ts", "tsx", "jsx", "java", "kt", "c", "h", "cc", "cpp", "hpp", "cs", "go", "rs", "rb"),
        *("php", "pl", "lua", "r", "sh", "bash", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties"),
    }
)
# What begins so is something else, whatever it is called.
_OTHERS = (b"%pdf-", b"{\\rtf", b"%!ps", b"pk\x03\x04")


def read_as(data: bytes, media_type: str, name: str) -> str | None:
    """The media type that a file is read as: text, JSON or JSON lines; None if it isn't plain text."""
    if not is_text(data) or begins_otherwise(data):
        return None
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if media_type in LINES or (ending in {"jsonl", "ndjson"} and (media_type in _UNKNOWN or media_type == TEXT)):
        return LINE
    if media_type == JSON or media_type.endswith("+json") or (ending == "json" and media_type in _UNKNOWN):
        return JSON
    if media_type in _UNKNOWN:
        return TEXT if ending == "" or ending in _TEXT_ENDINGS else None
    is_plain = media_type.startswith("text/") and media_type not in MARKED_UP
    return TEXT if is_plain or media_type in _TEXT_TYPES else None


def begins_otherwise(data: bytes) -> bool:
    """Whether bytes begin like a format that spells letters in other ways."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_OTHERS)


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 text without control characters."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(ord(character) < 0x20 and character not in "\t\n\r\f" for character in set(text))
