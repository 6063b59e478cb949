"""`Node`: a value in a YAML file together with where it stands, and a list that collects what is wrong with it.

The small readers here turn a value into a typed one, or note a `Problem` and return None, so that reading goes on and
every mistake of a file is told at once.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from configs.yaml_source import KeyPath, Problem, YamlSource
from policy.grammar import GRAMMAR, names
from policy.vocabulary import PROVIDERS, Code, nearest

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")  # what the audit log takes as a name
_KINDS = {dict: "a map", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value at `path` of a file."""

    source: YamlSource
    problems: list[Problem] = field(repr=False)
    path: KeyPath = ()
    value: Any = field(default=None, repr=False)
    providers: tuple[str, ...] = PROVIDERS  # what may be named: the settings can add hosts of others
    own_types: frozenset[str] = frozenset()  # entity types that the company named itself
    own_labels: tuple[str, ...] = ()  # labels that it taught the document classifier

    def at(self, key: str | int, value: Any) -> "Node":
        """The node below, under a key or an index."""
        return replace(self, path=(*self.path, key), value=value)

    def note(self, code: Code, message: str, *, of_key: bool = False) -> None:
        """Something is wrong here."""
        self.problems.append(self.source.problem(self.path, f"{code}: {message}", of_key=of_key))

    def expected(self, what: str) -> None:
        """The value is of another kind than `what`."""
        got = "nothing" if self.value is None else _KINDS.get(type(self.value), "something else")
        if isinstance(self.value, str | int | float) and len(str(self.value)) <= 60:
            got = f"{got} ({self.value!r})" if not isinstance(self.value, bool) else str(self.value).lower()
        self.note(Code.WRONG_VALUE, f"expected {what}, got {got}")

    def section(self, name: str) -> dict[str, "Node"] | None:
        """A map with the keys of a section of the grammar."""
        known = GRAMMAR[name]
        if not isinstance(self.value, dict):
            self.expected(f"a map with {_listed([key.name for key in known])}")
            return None
        found = {}
        for key, value in self.value.items():
            node = self.at(key, value)
            if key in names(name):
                found[key] = node
            else:
                hint = nearest(key, names(name)) or f". Known here: {_listed(names(name))}"
                node.note(Code.UNKNOWN_KEY, f"unknown key {key!r}{hint}", of_key=True)
        for required in (key for key in known if key.required and key.name not in self.value):
            self.note(Code.WRONG_VALUE, f"{required.name} is missing: expected {required.expects}")
        return found

    def named(self, what: str) -> dict[str, "Node"]:
        """A map from names that the author chose."""
        if not isinstance(self.value, dict):
            self.expected(f"a map of names to {what}")
            return {}
        found = {}
        for key, value in self.value.items():
            node = self.at(key, value)
            if isinstance(key, str) and _NAME.fullmatch(key):
                found[key] = node
            else:
                message = f"expected a name of letters, digits and _ . - (at most 100), got {key!r}"
                node.note(Code.WRONG_VALUE, message, of_key=True)
        return found

    def items(self, example: str) -> list["Node"] | None:
        """A list that isn't empty."""
        if not isinstance(self.value, list):
            self.expected(f"a list, such as {example}")
            return None
        if not self.value:
            self.note(Code.NEVER, "an empty list matches nothing. Leave the key out if it should not matter")
            return None
        return [self.at(index, item) for index, item in enumerate(self.value)]

    def text(self, what: str, longest: int = 200) -> str | None:
        """Text that isn't empty."""
        if isinstance(self.value, str) and self.value.strip() and len(self.value) <= longest:
            return self.value
        hint = " in quotes" if isinstance(self.value, bool | int | float) else ""
        self.expected(f"{what}{hint}" if not isinstance(self.value, str) else f"{what} of 1 to {longest} characters")
        return None

    def texts(self, what: str, example: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(text for node in self.items(example) or () if (text := node.text(what)) is not None)

    def choice(self, known: Iterable[str]) -> str | None:
        """One of a few words."""
        known = list(known)
        if isinstance(self.value, str) and self.value in known:
            return self.value
        self.note(
            Code.WRONG_VALUE, f"expected {_listed(known, 'or')}, got {_shown(self.value)}{nearest(self.value, known)}"
        )
        return None

    def number(self, low: float, high: float) -> float | None:
        """A number in a range."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool) and low <= self.value <= high:
            return float(self.value)
        self.expected(f"a number from {low:g} to {high:g}")
        return None

    def whole(self, low: int, high: int) -> int | None:
        """A whole number in a range."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and low <= self.value <= high:
            return self.value
        self.expected(f"a whole number from {low} to {high}")
        return None

    def boolean(self) -> bool | None:
        """True or false."""
        if isinstance(self.value, bool):
            return self.value
        self.expected("true or false")
        return None

    def check_characters(self) -> None:
        """Note texts whose characters make them read other than they are (control, direction, invisible)."""
        match self.value:
            case str():
                for character in self.value:
                    if character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}:
                        self.note(Code.CHARACTERS, f"the text holds the invisible character U+{ord(character):04X}")
                        break
            case dict():
                for key, value in self.value.items():
                    self.at(key, key).check_characters()
                    self.at(key, value).check_characters()
            case list():
                for index, item in enumerate(self.value):
                    self.at(index, item).check_characters()
            case _:
                pass


def _listed(words: list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) and len(value) <= 60 else _KINDS.get(type(value), "nothing")
