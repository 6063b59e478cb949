"""`open_file`: any file → its texts. The one place that knows which reader is whose."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image

from detectors.finding import SkipReason
from proxy.content.archive import read_compressed, read_tar, read_zip
from proxy.content.bounds import Bounds, Exceeded
from proxy.content.charset import decode
from proxy.content.image import FORMATS, read_image
from proxy.content.kind import MEDIA_TYPES, Kind, declared_charset, foreign_type, kind_of
from proxy.content.mail import read_mail
from proxy.content.markup import read_markup
from proxy.content.office import read_office
from proxy.content.opened import Form, Opened, Text, Word, unread
from proxy.content.pdf import read_pdf
from proxy.content.rtf import read_rtf
from proxy.content.sheets import read_workbook
from proxy.content.sink import Sink, joined
from proxy.errors import ProxyError
from proxy.providers.generic import Generic

LINES = "application/x-ndjson"
JSON = "application/json"

_READERS: Mapping[Kind, Callable[[bytes, Sink], None]] = {
    Kind.PDF: read_pdf,
    Kind.WORD: read_office,
    Kind.SLIDES: read_office,
    Kind.OPEN_DOCUMENT: read_office,
    Kind.SHEETS: read_workbook,
    Kind.ZIP: read_zip,
    Kind.TAR: read_tar,
    Kind.MAIL: read_mail,
}


def open_file(data: bytes, media_type: str, name: str, bounds: Bounds) -> Opened:
    """The file's texts. Never raises for a file's sake, but MemoryError: what can't be read is skipped."""
    try:
        return _open(data, media_type, name, bounds)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - parsers of foreign files fail in every way there is; the file is what is wrong
        return unread(SkipReason.UNREADABLE)


def _open(data: bytes, media_type: str, name: str, bounds: Bounds) -> Opened:
    kind = kind_of(data, media_type, name)
    if isinstance(kind, SkipReason):
        return unread(kind, foreign_type(data) if kind is SkipReason.UNSUPPORTED_MEDIA else "")
    sink = Sink(bounds, _nested)
    words: tuple[Word, ...] = ()
    try:
        match kind:
            case Kind.IMAGE:
                words = read_image(data, sink)
            case Kind.JSON | Kind.LINES:
                return _json(data, kind, sink)
            case Kind.TEXT:
                return _text(data, media_type, sink)
            case _:
                _guarded(kind, data, media_type, name, sink)
    except Exceeded:
        sink.skip(SkipReason.TOO_LARGE)
    skipped = tuple(sink.skipped)
    if kind is Kind.IMAGE:
        texts = tuple(Text(text) for text in sink.texts)
        return Opened(texts, skipped, form=Form.PICTURE, media_type=_image_type(data), words=words)
    return Opened(tuple(Text(text) for text in joined(sink.texts)), skipped, media_type=MEDIA_TYPES.get(kind, ""))


def _nested(data: bytes, media_type: str, name: str, sink: Sink) -> None:
    """A file within a file: its texts go into the same sink."""
    kind = kind_of(data, media_type, name)
    if isinstance(kind, SkipReason):
        sink.skip(kind)
    else:
        _guarded(kind, data, media_type, name, sink)


def _guarded(kind: Kind, data: bytes, media_type: str, name: str, sink: Sink) -> None:
    """Read a file; if its parser fails, what it gave before stays, and the rest is skipped."""
    try:
        _read(kind, data, media_type, name, sink)
    except (Exceeded, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - as in `open_file`
        sink.skip(SkipReason.UNREADABLE)


def _read(kind: Kind, data: bytes, media_type: str, name: str, sink: Sink) -> None:
    if (reader := _READERS.get(kind)) is not None:
        reader(data, sink)
        return
    match kind:
        case Kind.IMAGE:
            read_image(data, sink)
        case Kind.COMPRESSED:
            read_compressed(data, name, sink)
        case _:
            found = decode(data, declared_charset(media_type))
            if found is None:
                sink.skip(SkipReason.UNREADABLE)
            elif kind is Kind.MARKUP:
                read_markup(found[0], sink)
            elif kind is Kind.RICH_TEXT:
                read_rtf(found[0], sink)
            elif kind is Kind.JSON:
                # Escapes are resolved, so that what is written with them is seen.
                sink.text(json.dumps(json.loads(found[0]), ensure_ascii=False, indent=1))
            else:
                sink.text(found[0])


def _text(data: bytes, media_type: str, sink: Sink) -> Opened:
    found = decode(data, declared_charset(media_type))
    if found is None:
        return unread(SkipReason.UNREADABLE)
    sink.text(found[0])
    return Opened(tuple(Text(text) for text in sink.texts), form=Form.TEXT, charset=found[1])


def _json(data: bytes, kind: Kind, sink: Sink) -> Opened:
    """JSON is read string by string, so that it stays JSON whatever is replaced."""
    media_type = JSON if kind is Kind.JSON else LINES
    try:
        extraction = Generic(media_type=media_type).extract(data)
    except ProxyError:
        return unread(SkipReason.UNREADABLE)
    for segment in extraction.segments:
        sink.whole(segment.text)
    for item in extraction.skipped:
        sink.skip(item.reason)
    texts = tuple(Text(item.text, item.context, item.pointer) for item in extraction.segments)
    sink.texts.clear()
    for file in extraction.attachments:
        sink.file(file.data, media_type=file.media_type, name=file.name)
    if sink.texts:
        # Files in JSON can't be put back from here: the whole becomes text if something in it is replaced.
        texts = (*(Text(item.text, item.context) for item in texts), *(Text(text) for text in joined(sink.texts)))
        return Opened(texts, tuple(sink.skipped), media_type=media_type)
    return Opened(texts, tuple(sink.skipped), form=Form.JSON, media_type=media_type)


def _image_type(data: bytes) -> str:
    try:
        return Image.MIME[str(Image.open(BytesIO(data), formats=FORMATS).format)]
    except (OSError, KeyError, ValueError, SyntaxError):
        return ""
