"""What a recogniser reads: a normalized text, its lower-case form, and the name of the field it came from."""

from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One text. `context` is the JSON field's name ("password", "ssn"), a hint as good as a word before the value."""

    text: str = field(repr=False)
    context: str = ""

    @cached_property
    def lower(self) -> str:
        """The text in lower case, for cheap tests whether a recogniser has anything to do. Offsets may differ."""
        return self.text.lower()

    def before(self, start: int, reach: int = 60) -> str:
        """What stands shortly before a position, led by the field's name."""
        return f"{self.context} {self.text[max(0, start - reach) : start]}"
