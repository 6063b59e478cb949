"""Where in a text a person's words may stand, and how a long text is cut into pieces of bounded size.

Named-entity models read prose alone: names in a base64 block or in a row of numbers don't exist, and looking for them
costs most of a scan's time and gives most of its false findings. Patterns don't need this; they read everything.
"""

import re
from collections.abc import Iterator, Sequence

from detectors.code import beside_code, fenced, goes_on, is_statement, may_name

CHUNK = 440  # characters that the models read at a time: about what they were trained on
_SEEN = 240  # characters of a line that say whether it is code
_STATEMENTS, _SHARE = 3, 12  # a text is code if it has so many statements, and one in so many lines is one
OVERLAP = 64  # characters shared by two pieces where no sentence or line ends between them

_WORD = re.compile(r"[^\W\d_]{2,}")
# Two capitalised words in a row inside a string or a comment of a line of code: a name may stand there.
_QUOTED_NAME = re.compile(r"""["'`#/*][^"'`]{0,200}?\b[A-Z][a-z]+[ .]{1,2}(?:[A-Z]\. ?)?[A-Z][a-z]+""")
# A line of a page: what stands between its tags is people's words.
_TAG_FIRST = re.compile(r"\s*</?[A-Za-z][\w-]{0,30}[ >]")
_TAG = re.compile(r"<[^<>]{0,400}>")
# A machine's log line tells of people where it says so or where two capitalised words stand together.
_LOG_LINE = re.compile(
    r"[\[<(]?(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}|[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2}|\d{10,13}[. ])"
)
_LOGGED_NAME = re.compile(
    r"[A-Z][a-zà-ÿ]+ [A-Z][a-zà-ÿ]+|(?i:(?:user|name|customer|patient|client|owner|employee|author|caller|address|"
    r"contact)s?\b)"
)
_LONG_TOKEN = re.compile(r"\S{80,}")
_SENTENCE_END = re.compile(r"[.!?…](?=\s)|\n")
_SPACE = re.compile(r"\s")


def prose_chunks(text: str) -> list[tuple[int, int]]:
    """The parts of a text that models should read, each of at most `CHUNK` characters, in order."""
    chunks: list[tuple[int, int]] = []
    start = end = 0
    lines = list(_lines(text))
    among = _among_code(text, lines)
    line = ""
    for index, (line_start, line_end) in enumerate(lines):
        before, line = line, text[line_start : min(line_end, line_start + 4 * CHUNK)]
        beside = line_start == end > start
        if not is_prose(line) or (among[index] and not (beside and goes_on(before, line)) and not may_name(line)):
            if end > start:
                chunks.append((start, end))
            start = end = line_end
            continue
        if end > start and (line_start != end or line_end - start > CHUNK):
            chunks.append((start, end))
            start = line_start
        elif end <= start:
            start = line_start
        end = line_end
        if end - start > CHUNK:
            pieces = list(windows(text, CHUNK, OVERLAP, start, end))
            chunks.extend(piece for piece in pieces[:-1] if _WORD.search(text, *piece))
            start, end = pieces[-1]
    if end > start:
        chunks.append((start, end))
    return chunks


def _among_code(text: str, lines: Sequence[tuple[int, int]]) -> bytearray:
    """1 for each line that belongs to code: a statement, and what stands beside one or beside what does.

    Few statements are an example in somebody's text, and all of it is read.
    """
    starts = [text[start : min(end, start + _SEEN)] for start, end in lines]
    among = bytearray(is_statement(line) for line in starts)
    if sum(among) < _STATEMENTS or sum(among) * _SHARE < sum(not line.isspace() for line in starts):
        return bytearray(len(lines))
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        within = False
        for index in order:
            line = starts[index]
            if line.isspace():
                continue
            within = bool(among[index]) or (within and beside_code(line))
            among[index] = within
    for index in fenced(starts):
        among[index] = True
    return among


def is_prose(line: str) -> bool:
    """Whether a line can hold a name: it has words, and it isn't an identifier, a blob or a statement of code."""
    if not _WORD.search(line):
        return False
    stripped = line.strip()
    if not _SPACE.search(stripped):
        return len(stripped) <= 40 and stripped.isalpha()
    if _LONG_TOKEN.search(stripped) and len(_LONG_TOKEN.sub("", stripped)) < len(stripped) // 4:
        return False
    if _LOG_LINE.match(line):
        return _LOGGED_NAME.search(line) is not None
    if _TAG_FIRST.match(line):
        return _QUOTED_NAME.search(line) is not None or may_name(_TAG.sub(" ", line))
    if is_statement(line):
        return _QUOTED_NAME.search(line) is not None
    return True


def windows(text: str, size: int, overlap: int, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Cut `text[start:end]` into pieces of at most `size`, at the end of a line or sentence if one is near.

    Where a piece has to end inside a sentence, the next one starts `overlap` characters earlier.
    """
    end = len(text) if end is None else end
    while end - start > size:
        limit = start + size
        cut = _last(_SENTENCE_END, text, start + size // 2, limit)
        if cut is not None:
            yield start, cut
            start = cut
            continue
        cut = _last(_SPACE, text, start + size // 2, limit) or limit
        yield start, cut
        back = cut - overlap
        start = _last(_SPACE, text, back, back + overlap // 2) or back
    if end > start:
        yield start, end


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    """Where the last occurrence of `pattern` in `text[start:end]` ends."""
    last = None
    for match in pattern.finditer(text, start, end):
        last = match.end()
    return last


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline + 1
        yield start, end
        start = end
