r"""Rich Text Format 1.9: the text of every group, hidden ones, headers, notes and document information included.

Left out are the tables of fonts, colours and styles. Pictures and embedded objects are `Skipped`.
"""

import re

from detectors.finding import SkipReason
from proxy.content.sink import Sink

_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<symbol>[^a-zA-Z])"
    r"|(?P<brace>[{}])|(?P<end>[\r\n]+)|(?P<text>[^\\{}\r\n]+)"
)
_BREAKS = frozenset(["par", "line", "sect", "page", "row", "cell", "nestcell", "nestrow", "column"])
_TABLES_NAMES = """
fonttbl colortbl stylesheet listtable listoverridetable rsidtbl themedata latentstyles
"""
_TABLES = frozenset(_TABLES_NAMES.split())
_OBJECTS = frozenset(["pict", "objdata", "bin", "datastore"])
_WORDS = {"tab": "\t", "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019"}
_WORDS |= {"ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022"}
_ENTRIES_NAMES = """
header footer headerl headerr headerf footerl footerr footerf footnote annotation atnauthor atnid info fldinst
author title subject operator manager company category keywords comment doccomm
"""
_ENTRIES = frozenset(_ENTRIES_NAMES.split())


def read_rtf(source: str, sink: Sink) -> None:
    """The text of a document in rich text format."""
    parts: list[str] = []
    pending = bytearray()  # of the document's code page
    codec = "cp1252"
    fallbacks = [1]  # per group: how many characters stand in for one in Unicode
    hidden = [False]  # per group: whether it is a table or an object
    ends = [""]  # per group: what ends it
    passing = 0  # stand-ins that are still to come
    for match in _TOKEN.finditer(source):
        if match["byte"]:
            if passing:
                passing -= 1
            elif not hidden[-1]:
                pending.append(int(match["byte"], 16))
            continue
        if match["end"]:
            continue
        if pending:
            parts.append(pending.decode(codec, "replace"))
            pending.clear()
        if match["brace"] == "{":
            fallbacks.append(fallbacks[-1])
            hidden.append(hidden[-1])
            ends.append("")
        elif match["brace"]:
            if len(fallbacks) > 1:
                fallbacks.pop()
                hidden.pop()
                parts.append(ends.pop())
            passing = 0
        elif word := match["word"]:
            number = int(match["number"] or 0)
            if word == "u" and not hidden[-1]:
                parts.append(chr(number % 0x10000))
                passing = fallbacks[-1]
            elif word == "uc":
                fallbacks[-1] = max(0, number)
            elif word == "ansicpg":
                codec = _codec(number)
            elif word in _TABLES:
                hidden[-1] = True
            elif word in _OBJECTS:
                hidden[-1] = True
                sink.skip(SkipReason.UNSUPPORTED_MEDIA)
            elif word in _BREAKS or word in _ENTRIES:
                parts.append("\n")
                ends[-1] = "\n" if word in _ENTRIES or ends[-1] else ""
            elif word in _WORDS:
                parts.append(_WORDS[word])
        elif not hidden[-1]:
            text = {"~": "\u00a0", "_": "-", "-": ""}.get(match["symbol"] or "", match["symbol"] or match["text"])
            text = "" if match["symbol"] == "*" else text
            cut = min(passing, len(text))
            passing -= cut
            parts.append(text[cut:])
    if pending:
        parts.append(pending.decode(codec, "replace"))
    # Characters beyond the basic plane come as two halves.
    sink.text("".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _codec(number: int) -> str:
    try:
        b"".decode(name := "utf-8" if number == 65001 else f"cp{number}")
    except LookupError:
        return "cp1252"
    return name
