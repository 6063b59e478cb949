"""YAML that remembers where each value stands, for errors that name file, line and column.

YAML 1.2 by ruamel.yaml (round-trip loader): `no` and `1:30` are strings, duplicate keys are errors, nothing is run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

SHARED_VALUES = 10_000  # that aliases may repeat, over what the text itself can hold

type KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a configuration file, and where. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """As compilers print it: `file:line:column: message`."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SourceError(Exception):
    """A configuration file can't be used. `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class YamlSource:
    """A parsed file: plain data, and a way to ask where a value stands."""

    file: str
    data: Any  # dict, list, str, int, float, bool, None
    _tree: Any = field(repr=False)

    def position(self, path: KeyPath, *, of_key: bool = False) -> tuple[int, int]:
        """Line and column (from 1) of the value at `path`, or of the nearest parent that exists."""
        node, line, column = self._tree, 1, 1
        for key in path:
            try:
                if isinstance(node, CommentedMap):
                    at = node.lc.key(key) if of_key and key == path[-1] else node.lc.value(key)
                elif isinstance(node, CommentedSeq):
                    at = node.lc.item(key)
                else:
                    break
                line, column = at[0] + 1, at[1] + 1
                node = node[key]
            except (KeyError, IndexError, TypeError):
                break
        return line, column

    def problem(self, path: KeyPath, message: str, *, of_key: bool = False) -> Problem:
        """A `Problem` at the value (or key) that `path` names."""
        line, column = self.position(path, of_key=of_key)
        return Problem(self.file, line, column, message)


def parse_yaml(text: str, file: str) -> YamlSource:
    """Parse one document. Raises `SourceError` with the position of a syntax error or a duplicate key."""
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    try:
        tree = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reason = " ".join((error.problem or error.context or "not valid YAML").split("\n", 1)[0].split())
        raise SourceError([Problem(file, line, column, reason)]) from None
    except YAMLError:
        raise SourceError([Problem(file, 1, 1, "not valid YAML")]) from None
    except RecursionError:
        raise SourceError([Problem(file, 1, 1, "nested too deeply")]) from None
    # Without aliases a text has no more values than characters; with them ten lines can stand for a billion.
    budget = _Budget(2 * len(text) + SHARED_VALUES)
    try:
        return YamlSource(file=file, data=_plain(tree, budget), _tree=tree)
    except RecursionError:
        raise SourceError([Problem(file, 1, 1, "nested too deeply, perhaps by an alias that holds itself")]) from None
    except _SpentError:
        raise SourceError([Problem(file, 1, 1, "its aliases (*name) stand for too many values")]) from None


def load_yaml(path: Path) -> YamlSource:
    """Read and parse a file. Raises `SourceError` when it is missing, unreadable or not UTF-8 YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError([Problem(str(path), 1, 1, "no such file")]) from None
    except UnicodeDecodeError:
        raise SourceError([Problem(str(path), 1, 1, "not UTF-8 text")]) from None
    except OSError as error:
        raise SourceError([Problem(str(path), 1, 1, f"can't be read: {error.strerror}")]) from None
    return parse_yaml(text, str(path))


class _SpentError(Exception):
    """More values than the text can mean."""


class _Budget:
    """How many values may still come."""

    def __init__(self, values: int) -> None:
        self._left = values

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _SpentError


def _plain(node: Any, budget: _Budget) -> Any:
    budget.spend()
    if isinstance(node, CommentedMap):
        return {key: _plain(value, budget) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(item, budget) for item in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
