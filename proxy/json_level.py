"""How deep in JSON strings a point of a growing JSON text is: what is put in there must be escaped as many times.

Tool arguments stream as pieces of a JSON document, and its strings may hold JSON themselves. The text is never whole
while it streams, so that it is followed character by character.
"""

_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_LEVELS = 6


class JsonLevel:
    """A position in a JSON text, moved on by `feed`."""

    __slots__ = ("_escape", "_in_string", "_inner", "_levels", "_started")

    def __init__(self, levels: int = _LEVELS) -> None:
        self._levels = levels
        self._in_string = False
        self._escape = ""  # an escape sequence that isn't complete
        self._started = False  # whether the string has anything but white space yet
        self._inner: JsonLevel | None = None  # the position in the JSON that the string holds, if it seems to

    @property
    def depth(self) -> int:
        """How many strings the position is in, one inside the other."""
        if not self._in_string:
            return 0
        return 1 + (self._inner.depth if self._inner is not None else 0)

    def feed(self, text: str) -> None:
        """Move on over `text`."""
        for character in text:
            self._step(character)

    def _step(self, character: str) -> None:
        if not self._in_string:
            if character == '"':
                self._in_string, self._started, self._inner, self._escape = True, False, None, ""
        elif self._escape:
            self._escaped(character)
        elif character == "\\":
            self._escape = character
        elif character == '"':
            self._in_string, self._inner = False, None
        else:
            self._meant(character)

    def _escaped(self, character: str) -> None:
        self._escape += character
        if self._escape[1] != "u":
            self._escape = ""
            self._meant(_SIMPLE.get(character, character))
        elif len(self._escape) == 6:
            digits, self._escape = self._escape[2:], ""
            try:
                self._meant(chr(int(digits, 16)))
            except ValueError:
                self._meant("\ufffd")  # not JSON after all

    def _meant(self, character: str) -> None:
        """A character of the string's own text."""
        if self._started:
            if self._inner is not None:
                self._inner.feed(character)
        elif not character.isspace():
            self._started = True
            if character in "{[" and self._levels > 0:
                self._inner = JsonLevel(self._levels - 1)
                self._inner.feed(character)
