r"""An expression of Python's `re` loosened: one on bytes that matches wherever the first does, and maybe elsewhere.

It is read by an engine that reads hundreds of them at once, so it says little: no assertions, no groups, no case, no
large counts. What stands before and after the first and last necessary character is left out. `sk-[\w-]{20,250}(?!\w)`
becomes `sk-[\w-]{20}`; where that ends, the original may match, no further away than `before` and `after` say.

The bytes are those of `text.encode("ascii", "replace")`: one for each character, `?` for what is no ASCII.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Python's own parser of expressions: private, but the Python version is pinned, and a test reads every expression.
from re import _compiler, _constants, _parser  # type: ignore[attr-defined] # not in typeshed
from typing import Any

OTHER = "?"  # what stands for every character that is no ASCII
FARTHEST = 4000  # characters: an expression that reaches further is looked for in the whole text
_MANY = 8  # a count above is no count, but "any number"
_ENOUGH = 40  # so many of one kind in a row are enough to look closer
_LONG = 60  # what is repeated and written so long is repeated without counting, which is cheaper
_TELLING = 2  # characters that an expression asks for by name: with fewer, it would be said to match all over a text

_ASCII_ONLY = frozenset(
    {_constants.CATEGORY_DIGIT, _constants.CATEGORY_SPACE, _constants.CATEGORY_WORD},
)
_ASSERTIONS = frozenset({_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT})
_REPEATS = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT})
_SINGLE = frozenset({_constants.NOT_LITERAL, _constants.IN, _constants.ANY})

type _Node = tuple[Any, Any]


class _UnknownError(Exception):
    """The expression has something in it that can't be loosened."""


@dataclass(frozen=True, slots=True)
class Loosened:
    """A loosened expression."""

    expression: str
    before: int | None
    """A match begins at most so many characters before the place where the loosened one ends; None: anywhere."""
    after: int
    """And it ends at most so many characters after that place."""
    ahead: int
    """It looks at so many more behind its end, at most."""


def loosen(pattern: re.Pattern[str]) -> Loosened | None:
    """The loosened expression; None if there is none, or if it would match an empty text."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    if tree.getwidth()[0] == 0:
        return None
    loose = _Loose(tree.state)
    try:
        expression = loose.sequence(list(tree), tree.state.flags, first=True, last=True)
    except _UnknownError:
        return None
    before, after = loose.around(list(tree))
    ahead = _ahead(tree)
    if max(before, after + ahead) > FARTHEST or loose.named(list(tree)) < _TELLING:
        return Loosened(expression, None, 0, 0)
    return Loosened(expression, before, after, ahead)


def _ahead(tree: Any) -> int:
    """How far an expression looks behind what it matches; boundaries and ends look at one or two characters."""
    farthest = 2
    for op, argument in tree:
        if op in {_constants.ASSERT, _constants.ASSERT_NOT} and argument[0] > 0:
            farthest = max(farthest, int(argument[1].getwidth()[1]) + _ahead(argument[1]))
        else:
            farthest = max([farthest, *(_ahead(inner) for inner in _inner(op, argument))])
    return farthest


def _inner(op: Any, argument: Any) -> Sequence[Any]:
    """The expressions inside a part of an expression."""
    if op is _constants.BRANCH:
        return tuple(argument[1])
    if op is _constants.SUBPATTERN:
        return (argument[3],)
    if op is _constants.ATOMIC_GROUP:
        return (argument,)
    if op in _REPEATS:
        return (argument[2],)
    if op is _constants.GROUPREF_EXISTS:
        return tuple(each for each in argument[1:] if each is not None)
    return ()


class _Loose:
    """Writes loosened parts; remembers what each group is, for references to it."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._groups: dict[int, str] = {}

    def sequence(self, nodes: Sequence[_Node], flags: int, *, first: bool = False, last: bool = False) -> str:
        """Parts in a row; `first` and `last`: nothing comes before, nothing after."""
        left = [node for node in nodes if node[0] not in _ASSERTIONS]
        for _, argument in (node for node in left if node[0] is _constants.SUBPATTERN and node[1][0] is not None):
            self._groups[argument[0]] = self.sequence(list(argument[3]), self._flags(argument, flags))
        while first and left and self._least(left[0]) == 0:
            left = left[1:]
        while last and left and self._least(left[-1]) == 0:
            left = left[:-1]
        end = len(left) - 1
        return "".join(
            self._part(node, flags, first=first and index == 0, last=last and index == end)
            for index, node in enumerate(left)
        )

    def around(self, nodes: Sequence[_Node]) -> tuple[int, int]:
        """How far before the end of the loosened expression a match can begin, and how far behind it can end."""
        needed = [node for node in nodes if node[0] not in _ASSERTIONS]
        behind = 0
        while self._least(needed[-1]) == 0:
            behind += self._most(needed.pop())
        op, argument = needed.pop()
        before = sum(map(self._most, needed))
        if op in _REPEATS:
            least, most, repeated = argument
            shortest, longest = repeated.getwidth()
            return before + least * longest, behind + most * longest - least * shortest
        inner = [self.around(list(each)) for each in _inner(op, argument)] or [(1, 0)]
        return before + max(near for near, _ in inner), behind + max(far for _, far in inner)

    def named(self, nodes: Sequence[_Node]) -> int:
        """How many characters every match has that the expression asks for by name."""
        count = 0
        for op, argument in nodes:
            if op is _constants.LITERAL:
                count += argument < 128
            elif op is _constants.BRANCH:
                count += min(self.named(list(branch)) for branch in argument[1])
            elif op in _REPEATS:
                count += argument[0] * self.named(list(argument[2]))
            elif op in {_constants.SUBPATTERN, _constants.ATOMIC_GROUP}:
                count += self.named(list(_inner(op, argument)[0]))
        return count

    def _part(self, node: _Node, flags: int, *, first: bool, last: bool) -> str:
        op, argument = node
        if op is _constants.LITERAL:
            return _literal(argument, flags)
        if op in _SINGLE:
            return self._members(node, flags)
        if op is _constants.BRANCH:
            written = (self.sequence(list(branch), flags, first=first, last=last) for branch in argument[1])
            return f"(?:{'|'.join(written)})"
        if op is _constants.SUBPATTERN:
            return f"(?:{self.sequence(list(argument[3]), self._flags(argument, flags), first=first, last=last)})"
        if op is _constants.ATOMIC_GROUP:
            return f"(?:{self.sequence(list(argument), flags, first=first, last=last)})"
        if op in _REPEATS:
            least, most, repeated = argument
            return self._repeat(least, least if first or last else most, self.sequence(list(repeated), flags))
        if op is _constants.GROUPREF:
            if argument not in self._groups:
                raise _UnknownError
            return f"(?:{self._groups[argument]})"
        if op is _constants.GROUPREF_EXISTS:
            _, there, missing = argument
            branches = (self.sequence(list(each), flags) if each is not None else "" for each in (there, missing))
            return f"(?:{'|'.join(branches)})"
        raise _UnknownError

    @staticmethod
    def _repeat(least: int, most: int, repeated: str) -> str:
        if not repeated:
            return ""
        few = most == least or (most <= _MANY and (most == 1 or len(repeated) <= _LONG))
        bound = str(most) if few and least <= _ENOUGH else ""
        least = min(least, _ENOUGH)
        if (least, bound) == (1, "1"):
            return f"(?:{repeated})"
        return f"(?:{repeated}){{{least}}}" if str(least) == bound else f"(?:{repeated}){{{least},{bound}}}"

    def _least(self, node: _Node) -> int:
        return int(_parser.SubPattern(self._state, [node]).getwidth()[0])

    def _most(self, node: _Node) -> int:
        return int(_parser.SubPattern(self._state, [node]).getwidth()[1])

    def _members(self, node: _Node, flags: int) -> str:
        """A class of characters as one of bytes: its members in ASCII are asked for one by one."""
        state = _parser.State()
        state.flags, state.str = flags, ""
        known = _compiler.compile(_parser.SubPattern(state, [node]), flags)
        members = {chr(code) for code in range(128) if known.fullmatch(chr(code))}
        if _beyond_ascii(node, flags):
            members.add(OTHER)
        return _class(members)

    @staticmethod
    def _flags(argument: Any, flags: int) -> int:
        _, added, removed, _ = argument
        return int((flags | added) & ~removed)


def _beyond_ascii(node: _Node, flags: int) -> bool:
    """Whether a class may have members that are no ASCII."""
    op, argument = node
    if op is not _constants.IN:
        return True
    for kind, value in argument:
        if kind is _constants.NEGATE:
            return True
        if kind is _constants.CATEGORY and not (flags & re.ASCII and value in _ASCII_ONLY):
            return True
        if (kind is _constants.LITERAL and value > 127) or (kind is _constants.RANGE and value[1] > 127):
            return True
    return False


def _literal(code: int, flags: int) -> str:
    character = chr(code) if code < 128 else OTHER
    if flags & re.IGNORECASE and character.isalpha():
        return f"[{character.lower()}{character.upper()}]"
    return character if character.isalnum() else f"\\x{ord(character):02x}"


def _class(members: set[str]) -> str:
    """Characters as a class, in ranges."""
    ranges: list[list[int]] = []
    for code in sorted(map(ord, members)):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return f"[{''.join(f'\\x{first:02x}-\\x{last:02x}' for first, last in ranges)}]"
