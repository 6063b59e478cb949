"""What takes a file's place once something in it was replaced: a file of the same kind, or its text."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from proxy.content.opened import Form, Opened, Text
from proxy.errors import BodyError
from proxy.message import Replacement
from proxy.providers.generic import Generic

_HEAD = "[This is the text of a file. Privet took it out, because parts of it were replaced.]\n\n"
_PLAIN = "text/plain"
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_TELLING = 3  # characters: shorter words are read into anything


def rewritten(data: bytes, media_type: str, opened: Opened, texts: Sequence[str]) -> Replacement:
    """The file with these texts, one for each of `opened.texts`. Pictures are for `boxes`. Raises `BodyError`."""
    if len(texts) != len(opened.texts):
        raise BodyError("a file's texts have changed in number")
    match opened.form:
        case Form.TEXT:
            return Replacement(_encoded("".join(texts), opened.charset), media_type or _PLAIN)
        case Form.JSON:
            changed = {item.place: new for item, new in zip(opened.texts, texts, strict=True) if item.text != new}
            edited = Generic(media_type=opened.media_type).rebuild(data, changed)
            return Replacement(edited, media_type or opened.media_type)
        case Form.DOCUMENT:
            whole = _HEAD + "\n\n".join(text.strip("\n") for text in texts) + "\n"
            return Replacement(_encoded(whole, "utf-8"), _PLAIN, ".txt")
        case Form.PICTURE:
            raise BodyError("a picture is changed by its pixels, not by its text")


def boxes(opened: Opened, texts: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of every word of a picture that its new text doesn't have any more."""
    if not opened.words:
        return []
    gone = _gone(opened.texts[0], texts[0])
    return [(w.left, w.top, w.width, w.height) for w in opened.words if (w.start, w.end) in gone]


def still_readable(opened: Opened, texts: Sequence[str], again: Opened) -> bool:
    """Whether a changed picture, read again, still says something that its new text doesn't say any more."""
    if not opened.words or not again.texts:
        return False
    left = Counter(texts[0].split())
    left.subtract(again.texts[0].text.split())
    more = [word for word, count in left.items() if count < 0 for _ in range(-count)]
    gone = {opened.texts[0].text[start:end] for start, end in _gone(opened.texts[0], texts[0])}
    return any(_alike(word, old) for word in more for old in gone)


def _alike(word: str, old: str) -> bool:
    """Whether a word has most of another one in it, as far as that one has enough letters and digits to tell."""
    word, old = (_NOT_ALPHANUMERIC.sub("", text).casefold() for text in (word, old))
    if len(old) < _TELLING:
        return False
    same = SequenceMatcher(None, word, old, autojunk=False).find_longest_match()
    return same.size >= max(_TELLING, 0.6 * len(old))


def _gone(old: Text, new: str) -> Mapping[tuple[int, int], None]:
    """Where the words stand that aren't in the new text, or not at this place of it."""
    words = old.text.split()
    kept: set[int] = set()
    for block in SequenceMatcher(None, words, new.split(), autojunk=False).get_matching_blocks():
        kept |= set(range(block.a, block.a + block.size))
    places: dict[tuple[int, int], None] = {}
    at = 0
    for index, word in enumerate(words):
        start = old.text.index(word, at)
        at = start + len(word)
        if index not in kept:
            places[start, at] = None
    return places


def _encoded(text: str, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
