"""HTML, XML and SVG: the texts between tags, in attributes, comments and scripts; character references resolved."""

from html.parser import HTMLParser
from typing import override

from proxy.content.sink import Sink
from proxy.providers.attachments import decode, is_data_url

# Tags that don't end a word; all others do.
_INLINE_NAMES = """
a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub
sup tspan tt u var wbr
"""
_INLINE = frozenset(_INLINE_NAMES.split())
# Attributes that say how something looks or is wired, never what it says.
_LAYOUT_NAMES = """
class style id rel lang dir width height target charset media d viewbox transform points fill stroke x y x1 x2
y1 y2 cx cy r rx ry offset version encoding align valign border cellpadding cellspacing bgcolor color size
role colspan rowspan type method enctype http-equiv sizes integrity crossorigin tabindex
"""
_LAYOUT = frozenset(_LAYOUT_NAMES.split())


def read_markup(source: str, sink: Sink) -> None:
    """The texts of a page, in order; pictures in data URLs are files of their own."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    sink.text("".join(reader.parts).strip())
    sink.text("\n".join(reader.aside))
    for url in reader.urls:
        found = decode(url)
        if found is None:
            sink.text(url)
        else:
            sink.file(found.data, media_type=found.media_type)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.aside: list[str] = []  # attributes and comments
        self.urls: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._boundary(tag)
        for name, value in attrs:
            if not value or name in _LAYOUT or name.startswith("xmlns"):
                continue
            if is_data_url(value):
                self.urls.append(value)
            elif value not in self.aside[-50:]:
                self.aside.append(value)

    @override
    def handle_endtag(self, tag: str) -> None:
        self._boundary(tag)

    @override
    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @override
    def handle_comment(self, data: str) -> None:
        self.aside.append(data)

    @override
    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.aside.append(decl)

    @override
    def unknown_decl(self, data: str) -> None:
        self.parts.append(data.removeprefix("CDATA["))

    @override
    def handle_pi(self, data: str) -> None:
        if not data.lower().startswith("xml version"):
            self.aside.append(data)

    def _boundary(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self.parts.append("\t")
        elif tag not in _INLINE and (not self.parts or not self.parts[-1].endswith("\n")):
            self.parts.append("\n")
