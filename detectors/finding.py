"""What detection says about a text: `Finding`, `Label`, `Skipped`, and their sum `Scan`.

No type here holds the text it speaks of, on purpose: a repr, a log line or a pickled value can't leak it.
"""

from dataclasses import dataclass, field
from enum import StrEnum

OWN = "own:"
"""How the name of a detector begins that found the company's own data; the set's name follows."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Characters `start` to `end` (exclusive, Python `str` offsets) of a text are an `entity_type`."""

    start: int
    end: int
    entity_type: str
    score: float
    detector: str

    def __post_init__(self) -> None:
        """Refuse a finding that points nowhere."""
        if not 0 <= self.start < self.end:
            raise ValueError(f"a finding needs 0 <= start < end, got {self.start}..{self.end}")
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"a finding's score is a probability, got {self.score}")


@dataclass(frozen=True, slots=True)
class Label:
    """What kind of document a text is (source_code, medical, …), with a calibrated score."""

    name: str
    score: float
    model: str


class SkipReason(StrEnum):
    """Why a part of a request was not inspected."""

    TIMEOUT = "timeout"
    DETECTOR_DOWN = "detector_down"
    DETECTOR_ERROR = "detector_error"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    UNREADABLE = "unreadable"
    OPAQUE = "opaque"
    UNREADABLE_CLIENT = "unreadable_client"  # a client whose whole protocol nobody but its vendor can read


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a request that could not be inspected; the policy says what that means."""

    pointer: str
    reason: SkipReason
    media_type: str = ""  # what is known of its format, such as `audio/wav`; empty if nothing is


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that was found out about one text."""

    findings: tuple[Finding, ...] = ()
    labels: tuple[Label, ...] = ()
    skipped: tuple[Skipped, ...] = field(default=())
    languages: tuple[str, ...] = ()  # ISO 639, the most first; empty where nobody can tell (code, a few words)
