"""How much a file may unfold to. A small archive may hold petabytes; what is past a bound is skipped as too large."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one attachment, whatever is nested in it."""

    expanded_bytes: int = 100_000_000  # of everything that is unpacked
    members: int = 1_000  # files within the file, at all depths
    depth: int = 4  # of files within files
    characters: int = 1_000_000  # of text
    pixels: int = 40_000_000  # of one picture
    pictures: int = 20  # pictures and pages that are read by OCR
    languages: str = "eng"  # of the OCR, as tesseract names them


class Exceeded(Exception):  # noqa: N818 - a bound that was met, not a mistake
    """The file is larger than its bounds allow. What was read before stays read."""
