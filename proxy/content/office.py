"""Word, PowerPoint and OpenDocument files: the text of every XML part of the package, hidden ones included.

No list of places to look at: deleted text, comments, notes, headers, alternative texts, properties, pivot caches and
custom XML are read because everything is, but what only says how things look. Pictures and embedded files are files of
their own. What the cells of a workbook show is read by `sheets`; its other parts are read here.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from detectors.finding import SkipReason
from proxy.content.archive import members
from proxy.content.sink import Sink

# Parts that say how things look, or what is where; nothing in them was written by a person about anybody.
_LAYOUT = re.compile(
    r"docProps/thumbnail\.(?:jpe?g|png|emf|wmf)$|(?:^|/)(?:theme/theme[0-9]*|styles|stylesWithEffects|fontTable|webSettings|tableStyles|presProps|viewProps|"
    r"\[Content_Types\]|manifest|calcChain)\.xml$|/printerSettings/|/fonts/"
    r"|(?:^|/)(?:chart(?:s|Ex)/(?:colors|style)[0-9]+)\.xml$"
)
_MAIN = re.compile(r"(?:^|/)(?:document|workbook|content)[0-9]*\.xml$|/(?:slides|worksheets)/[^/]+\.xml$")
_NUMBER = re.compile(r"([0-9]+)")
# Elements that end a line; those whose text is a piece of a word; those that stand for white space.
_BLOCKS = frozenset(["p", "h", "si", "tr", "table-row", "row", "comment", "title", "creator"])
_PIECES = frozenset(["t", "delText", "instrText", "span", "a", "s", "r", "hyperlink", "ins", "del"])
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "line-break": "\n", "s": " ", "tc": "\t", "table-cell": "\t"}
_AT_END = frozenset({"tc", "table-cell"})
# Attributes that hold what somebody wrote.
_ATTRIBUTES_NAMES = """
name displayName descr title author initials userName userId connection command description tooltip display
prompt promptTitle error errorTitle alt string instr displayText v Target href text-name creator
lastModifiedBy u formula value string-value condition password-protected label
"""
_ATTRIBUTES = frozenset(_ATTRIBUTES_NAMES.split())
# Elements whose `val` is content.
_VALUES_NAMES = """
docVar alias tag default result statusText helpText listItem headerSource query udl
"""
_VALUES = frozenset(_VALUES_NAMES.split())
_SPOKEN = re.compile(r"[^\W\d_]{2,}[.,]? +[^\W\d_]{2,}|@")
_LOOK_NAMES = "style path adj points type Requires Ignorable formatCode typeface ascii hAnsi cs eastAsia val"
_LOOKS = frozenset(_LOOK_NAMES.split())
# What programs write by themselves: counts, dates, versions, their own names.
_COUNTED_NAMES = """
Application AppVersion TotalTime Pages Words Characters Lines Paragraphs DocSecurity ScaleCrop LinksUpToDate Slides
CharactersWithSpaces SharedDoc HyperlinksChanged PresentationFormat Notes HiddenSlides MMClips HeadingPairs created
modified lastPrinted revision Producer CreatorTool DocumentID InstanceID OriginalDocumentID CreateDate ModifyDate
MetadataDate format softwareAgent instanceID documentID when generator creation-date
"""
_COUNTED = frozenset(_COUNTED_NAMES.split())
_SHOWN_DATE = re.compile("datetime|slidenum")  # fields that show today's date or the slide's number
_MADE_UP = re.compile(r"http://schemas\.|\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$|Normal\.dotm$")
_DATA_PARTS = re.compile(r"customXml/|pivotCache|connections|externalLinks|persons|queryTables")
# Names that the programs give to shapes by themselves.
_GIVEN_NAME = re.compile(
    r"(?:(?:Content|Text|Date|Footer|Header|Picture|Chart|Table|Slide (?:Number|Image)|Notes|Vertical|Media) )*"
    r"(?:Placeholder|Title|Subtitle|Picture|TextBox|Text Box|Rectangle|Shape|Chart|Table|Group|Connector|Image|Object|"
    r"Line|Oval|Diagram|Freeform|Vertical Title|Vertical Text Placeholder)(?: [0-9]+)?$"
)
_RELATION = re.compile(r"^(?:\.\./|/)?[\w./-]*\.(?:xml|rels|bin|png|jpe?g|gif|emf|wmf|vml|xlsx|docx|pptx|svg|tiff?)$")


def read_office(data: bytes, sink: Sink) -> None:
    """Every part of a package; the main ones first."""
    for name, part in sorted(members(data, sink), key=lambda item: (not _MAIN.search(item[0]), _natural(item[0]))):
        read_part(name, part, sink)


def read_part(name: str, part: bytes, sink: Sink, *, cells: bool = True) -> None:
    """One part of a package. Without `cells`, the cells of a workbook are left to `sheets`."""
    if _LAYOUT.search(name):
        return
    if name.endswith((".xml", ".rels", ".vml", ".rdf")):
        try:
            text, aside = xml_texts(
                part, everything=bool(_DATA_PARTS.search(name)) and not name.endswith(".rels"), cells=cells
            )
        except (ParseError, DefusedXmlException, LookupError, ValueError):
            sink.skip(SkipReason.UNREADABLE)
            return
        sink.text(text)
        sink.text("\n".join(aside))
    else:
        sink.file(part, name=name.rpartition("/")[2])


def xml_texts(part: bytes, *, everything: bool = False, cells: bool = True) -> tuple[str, list[str]]:
    """The running text of an XML document, and the attributes that somebody wrote.

    Raises ParseError and DefusedXmlException: entities that are declared in the document are refused.
    """
    target = _Collector(everything=everything, cells=cells)
    parser: Any = DefusedXMLParser(target=target, forbid_dtd=False, forbid_entities=True)
    parser.feed(part)
    parser.close()
    return "".join(target.parts).strip(), list(target.aside)


class _Collector:
    """What the XML parser calls."""

    def __init__(self, *, everything: bool, cells: bool) -> None:
        self.parts: list[str] = []
        self.aside: dict[str, None] = {}  # in order, each once
        self._everything = everything
        self._cells = cells
        self._quiet = 0  # depth within an element that is read elsewhere
        self._said = [False]  # per open element: whether it has text of its own

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        local = tag.rpartition("}")[2]
        if self._quiet or self._elsewhere(local, attrs):
            self._quiet += 1
            return
        self._said.append(False)
        if local in _SPACES and local not in _AT_END:
            self.parts.append(_SPACES[local])
        for name, value in attrs.items():
            if value and self._told(local, name.rpartition("}")[2], value):
                self.aside[value] = None

    def end(self, tag: str) -> None:
        if self._quiet:
            self._quiet -= 1
            return
        local = tag.rpartition("}")[2]
        said = self._said.pop()
        if local in _AT_END:
            # Paragraphs of a cell are followed by the next cell, not by the next row.
            while self.parts and self.parts[-1] == "\n":
                self.parts.pop()
            self.parts.append(_SPACES[local])
        elif local in _BLOCKS or (said and local not in _PIECES):
            self.parts.append("\n")

    def data(self, data: str) -> None:
        if not self._quiet and not _MADE_UP.match(data) and (data.strip() or (self.parts and data == " ")):
            self.parts.append(data)
            self._said[-1] = True

    def comment(self, data: str) -> None:
        self.aside[data] = None

    def pi(self, target: str, data: str) -> None:
        self.aside[f"{target} {data}"] = None

    def close(self) -> None:
        """Nothing is left to do."""

    def _elsewhere(self, local: str, attrs: dict[str, str]) -> bool:
        """Whether an element's text is read elsewhere, or is nobody's."""
        if local in _COUNTED or (local in {"v", "is"} and not self._cells):
            return True
        return local == "fld" and _SHOWN_DATE.match(attrs.get("type", "")) is not None

    def _told(self, element: str, name: str, value: str) -> bool:
        if name in _COUNTED or _MADE_UP.match(value):
            return False
        if self._everything:
            return any(c.isalpha() for c in value)
        if name == "Target":
            return not _RELATION.match(value)
        if name == "name" and element in {"cNvPr", "docPr"} and _GIVEN_NAME.match(value):
            return False
        if name in _ATTRIBUTES or (name in {"val", "value"} and element in _VALUES):
            return True
        # What is no word of the format's own has several words, or is an address.
        return name not in _LOOKS and bool(_SPOKEN.search(value))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts slide10 behind slide9."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in _NUMBER.split(name)]


def parts_of(data: bytes, sink: Sink) -> Iterator[tuple[str, bytes]]:
    """The parts of a package in their natural order."""
    yield from sorted(members(data, sink), key=lambda item: _natural(item[0]))
