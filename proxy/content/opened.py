"""`Opened`: what a file says, once it has been opened. Crosses the process boundary as plain values."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from detectors.finding import SkipReason


class Form(StrEnum):
    """What a file becomes when something in it is replaced."""

    DOCUMENT = "document"  # text/plain, made of its texts
    TEXT = "text"  # itself: it is one text in some charset
    JSON = "json"  # itself: strings are replaced in place
    PICTURE = "picture"  # itself: regions are blacked out, metadata is dropped


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a file: a page, a sheet, a member. `place` is its pointer where the file is JSON."""

    text: str = field(repr=False)
    context: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a picture: where it stands in the picture's first text, and its box in pixels."""

    start: int
    end: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's texts, why parts of it could not be read, and what a replacement needs to know."""

    texts: tuple[Text, ...] = ()
    skipped: tuple[SkipReason, ...] = ()
    form: Form = Form.DOCUMENT
    charset: str = ""  # of a TEXT
    media_type: str = ""  # what it is by its bytes, as far as that can be told
    words: tuple[Word, ...] = ()  # of a PICTURE


def unread(reason: SkipReason, media_type: str = "") -> Opened:
    """A file of which nothing could be read."""
    return Opened(skipped=(reason,), media_type=media_type)


def opened_to_plain(opened: Opened) -> list[Any]:
    """As plain values."""
    return [
        [[item.text, item.context, item.place] for item in opened.texts],
        [reason.value for reason in opened.skipped],
        opened.form.value,
        opened.charset,
        opened.media_type,
        [[w.start, w.end, w.left, w.top, w.width, w.height] for w in opened.words],
    ]


def opened_from_plain(plain: Any) -> Opened:
    """What `opened_to_plain` was given. Raises ValueError or TypeError on anything else."""
    texts, skipped, form, charset, media_type, words = plain
    return Opened(
        texts=tuple(Text(text, context, place) for text, context, place in texts),
        skipped=tuple(SkipReason(reason) for reason in skipped),
        form=Form(form),
        charset=charset,
        media_type=media_type,
        words=tuple(Word(*(int(number) for number in word)) for word in words),
    )
