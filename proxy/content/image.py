"""Pictures: their words by OCR, their metadata as text, and pictures with regions blacked out."""

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageOps, ImageSequence, UnidentifiedImageError

from detectors.finding import SkipReason
from proxy.content.bounds import Exceeded
from proxy.content.containers import read_beside, strings
from proxy.content.ocr import OcrError, read_words, tesseract
from proxy.content.opened import Word
from proxy.content.sink import Sink

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_ERRORS = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, struct.error)
_TOOLS = (
    *(ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software, ExifTags.Base.LensMake, ExifTags.Base.LensModel),
    *(ExifTags.Base.DateTime, ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized),
)
_FRAMES = 8  # of an animation, or pages of a TIFF
_SMALLEST = 12  # pixels: no word is lower or narrower
_MARGIN = 3  # pixels around a word that are blacked out with it
_QUALITY = 92


def read_image(data: bytes, sink: Sink) -> tuple[Word, ...]:
    """The words of a picture as the first text, then its metadata; and where the words stand. Raises `Exceeded`.

    If there are no words, what follows is metadata alone.
    """
    try:
        picture = Image.open(BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > sink.bounds.pixels:
            raise Exceeded
        words = _words(picture, sink)
        metadata = list(_metadata(picture, data, sink))
    except _ERRORS:
        sink.skip(SkipReason.UNREADABLE)
        return ()
    sink.text("\n".join(metadata))
    return words


def read_page(picture: Image.Image, sink: Sink) -> str:
    """The text of a picture that stands in a document; empty if it can't be read, which is then skipped."""
    if min(picture.size) < _SMALLEST:
        return ""
    if tesseract() is None:
        sink.skip(SkipReason.UNSUPPORTED_MEDIA)
        return ""
    sink.picture(picture.width * picture.height)
    try:
        return read_words(picture, sink.bounds.languages).text
    except OcrError:
        sink.skip(SkipReason.UNREADABLE)
        return ""


def blacked_out(data: bytes, boxes: Sequence[tuple[int, int, int, int]]) -> bytes:
    """The picture with these boxes (left, top, width, height) black, without metadata, in its own format.

    Raises ValueError for a picture of several frames, of which only the first could be kept.
    """
    picture = Image.open(BytesIO(data), formats=FORMATS)
    if getattr(picture, "n_frames", 1) > 1:
        raise ValueError("a picture of several frames can't be changed")
    name = str(picture.format)
    flat = _upright(picture)
    keep = {"RGB", "L"} if name in {"JPEG", "BMP"} else {"RGB", "L", "RGBA", "LA"}
    flat = flat if flat.mode in keep else flat.convert("RGBA" if name in {"PNG", "WEBP", "TIFF"} else "RGB")
    pixels = Image.frombytes(flat.mode, flat.size, flat.tobytes())  # nothing but pixels: no metadata comes along
    draw = ImageDraw.Draw(pixels)
    black: dict[str, int | tuple[int, ...]] = {"L": 0, "LA": (0, 255), "RGB": (0, 0, 0), "RGBA": (0, 0, 0, 255)}
    for left, top, width, height in boxes:
        corner = (left + width + _MARGIN, top + height + _MARGIN)
        draw.rectangle((left - _MARGIN, top - _MARGIN, *corner), fill=black[flat.mode])
    out = BytesIO()
    pixels.save(out, name, **({"quality": _QUALITY} if name in {"JPEG", "WEBP"} else {}))
    return out.getvalue()


def _words(picture: Image.Image, sink: Sink) -> tuple[Word, ...]:
    frames = getattr(picture, "n_frames", 1)
    if frames > _FRAMES:
        raise Exceeded
    if frames > 1:
        for frame in ImageSequence.Iterator(picture):
            sink.text(read_page(frame.convert("RGBA"), sink))
        return ()
    upright = _upright(picture)
    if min(upright.size) < _SMALLEST:
        return ()
    if tesseract() is None:
        sink.skip(SkipReason.UNSUPPORTED_MEDIA)
        return ()
    sink.picture(0)
    try:
        reading = read_words(upright, sink.bounds.languages)
    except OcrError:
        sink.skip(SkipReason.UNREADABLE)
        return ()
    if reading.text:
        sink.whole(reading.text)
    return reading.words


def _upright(picture: Image.Image) -> Image.Image:
    """As it is shown: turned as its EXIF says."""
    return ImageOps.exif_transpose(picture)


def _metadata(picture: Image.Image, data: bytes, sink: Sink) -> Iterator[str]:
    """What the file says besides its pixels."""
    exif = picture.getexif()
    # The camera's and the program's names are nobody's.
    tools = {str(exif.get(tag, "")).strip("\0 ") for tag in _TOOLS}
    tools |= {str(exif.get_ifd(ExifTags.IFD.Exif).get(tag, "")).strip("\0 ") for tag in _TOOLS}
    yield from (line for line in read_beside(data, sink) if line not in tools)
    if picture.format == "TIFF":
        for values in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
            for value in values.values():
                yield from strings(value if isinstance(value, bytes) else str(value).encode("utf-8", "replace"))
    yield from _position(exif.get_ifd(ExifTags.IFD.GPSInfo))


def _position(gps: dict[int, Any]) -> Iterator[str]:
    """Where a picture was taken, as a text that detectors can read."""
    try:
        latitude, longitude = (
            (sum(float(part) / 60**power for power, part in enumerate(gps[tag])), gps[tag - 1]) for tag in (2, 4)
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return
    yield f"GPS coordinates: {latitude[0]:.6f} {latitude[1]}, {longitude[0]:.6f} {longitude[1]}"
