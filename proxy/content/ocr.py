"""Words in pictures, found by tesseract: a process that gets pixels by a pipe and gives a table back. No files."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO

from PIL import Image

from proxy.content.opened import Word

_SIDE = 3_000  # pixels: larger pictures are made smaller for reading
_SMALL = 1_600  # pixels: smaller ones are doubled, since tesseract wants letters of twenty pixels and more
_CONFIDENCE = 15.0  # percent: below it, tesseract reads short words into textures; a key is no word it knows
_LONG = 6
_DOUBTFUL = 70.0  # percent: what is read worse on the whole may stand upside down, and letters that do are read badly
_COLUMNS = 12  # of tesseract's table
_TIMEOUT = 60  # seconds: the worker has its own deadline; this one ends a process that nobody waits for any more


class OcrError(Exception):
    """Tesseract failed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture's text, and where its words stand."""

    text: str
    words: tuple[Word, ...]

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"Reading({len(self.words)} words)"


@cache
def tesseract() -> str | None:
    """The program's path, or None where it isn't installed."""
    return shutil.which("tesseract")


def languages() -> frozenset[str]:
    """The languages that tesseract has data for; empty where it isn't installed or fails."""
    program = tesseract()
    if program is None:
        return frozenset()
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program
            [program, "--list-langs"], capture_output=True, check=True, timeout=_TIMEOUT, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(line.strip() for line in done.stdout.splitlines()[1:] if line.strip())


def read_words(picture: Image.Image, languages: str) -> Reading:
    """The words of a picture, in reading order. Raises `OcrError`."""
    program = tesseract()
    if program is None:
        raise OcrError("tesseract is not installed")
    gray, scale = _prepared(picture)
    table = _read(program, gray, languages)
    trust = _trust(table)
    if 0 <= trust < _DOUBTFUL:
        turned = _read(program, gray.rotate(180), languages)
        if _trust(turned) > trust:
            return _turned_back(_reading(turned, scale), picture.size)
    return _reading(table, scale)


def _read(program: str, gray: Image.Image, languages: str) -> str:
    """Tesseract's table of a picture. Raises `OcrError`."""
    pixels = BytesIO()
    gray.save(pixels, "PPM")  # the simplest format, which leptonica reads from memory
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; languages come from the settings
            [program, "stdin", "stdout", "-l", languages, "--psm", "1", "tsv"],
            input=pixels.getvalue(),
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (OSError, subprocess.SubprocessError):
        raise OcrError("tesseract failed") from None
    return done.stdout.decode("utf-8", "replace")


def _trust(table: str) -> float:
    """How sure tesseract is of the letters in its table, in percent; -1 if there are none."""
    cells = [row.split("\t") for row in table.splitlines()[1:]]
    words = [(float(c[10]), len(c[11].strip())) for c in cells if len(c) == _COLUMNS and c[0] == "5"]
    letters = sum(length for _, length in words)
    return sum(sure * length for sure, length in words) / letters if letters else -1.0


def _turned_back(reading: Reading, size: tuple[int, int]) -> Reading:
    """The words of a picture that was read upside down, where they stand in it as it is."""
    width, height = size
    words = (
        replace(word, left=width - word.left - word.width, top=height - word.top - word.height)
        for word in reading.words
    )
    return Reading(reading.text, tuple(words))


def _prepared(picture: Image.Image) -> tuple[Image.Image, float]:
    """In gray on white, of a size that tesseract reads well; and by how much it was scaled."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        ground.alpha_composite(layer)
        picture = ground
    gray = picture.convert("L")
    longest = max(gray.size)
    scale = _SIDE / longest if longest > _SIDE else 2.0 if longest < _SMALL else 1.0
    if scale != 1.0:
        size = (max(1, round(gray.width * scale)), max(1, round(gray.height * scale)))
        gray = gray.resize(size, Image.Resampling.LANCZOS)
    return gray, scale


def _reading(table: str, scale: float) -> Reading:
    """From tesseract's table: one row a word, with page, block, paragraph, line, box, confidence and text."""
    parts: list[str] = []
    words: list[Word] = []
    at = 0
    before: tuple[str, ...] = ()
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != "5" or not cells[11].strip():
            continue
        if float(cells[10]) < _CONFIDENCE and len(cells[11].strip()) < _LONG:
            continue
        line = tuple(cells[1:5])
        if before:
            gap = " " if line == before else "\n" if line[:3] == before[:3] else "\n\n"
            parts.append(gap)
            at += len(gap)
        before = line
        left, top, width, height = (round(int(cell) / scale) for cell in cells[6:10])
        text = cells[11].strip()
        words.append(Word(at, at + len(text), left, top, width, height))
        parts.append(text)
        at += len(text)
    return Reading("".join(parts), tuple(words))
