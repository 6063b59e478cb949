"""From segments, findings and actions to new texts, and the tokens that the reply may turn back.

What overlaps becomes one span. A value that was found once is replaced wherever else it stands in the request, since
detectors miss in one sentence what they find in another; short plain words are the exception ("Will" is also a verb).
Nothing here decides: which finding is treated how is said by the policy's actions.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from detectors.finding import Finding
from policy.decision import Action, Operator
from proxy.errors import ProxyError
from proxy.message import Role, Segment
from proxy.transforms.mask import mask
from proxy.transforms.persons import mentions
from proxy.transforms.redact import redact
from proxy.transforms.tokenize import PERSON, Tokenizer

_STRENGTH = {operator: strength for strength, operator in enumerate(Operator)}  # the enumeration rises in strength
_SEPARATOR = "\0"
_ROUNDS = 4
_BEGINNING = 4  # characters: no value that spreads is shorter
_FEW = 32  # values; so many are searched one by one


@dataclass(frozen=True, slots=True)
class Deidentified:
    """The outcome: texts that change, tokens that can be turned back, and what was done where."""

    texts: Mapping[str, str] = field(repr=False)  # pointer → new text
    tokens: Mapping[str, str] = field(repr=False)  # token → original value, the restorable ones
    applied: tuple[tuple[str, str, str, int], ...]  # pointer, entity type, operator, count
    silent: frozenset[str] = frozenset()  # tokens that nobody turns back
    people: tuple[str, ...] = field(default=(), repr=False)  # the names that became tokens, in order


class _Span(NamedTuple):
    start: int
    end: int
    action: Action  # its entity type is the one that is shown

    def __repr__(self) -> str:
        return f"_Span({self.start}..{self.end})"


def deidentify(
    segments: Sequence[Segment],
    findings: Mapping[str, Sequence[Finding]],
    actions: Sequence[Action],
    *,
    key: bytes,
    scope: str,
    before: Deidentified | None = None,
) -> Deidentified:
    """Carry out the actions on every finding that they name. Raises `ProxyError` for findings outside their text.

    `before` is what was done to the same request already: what is left of somebody's name there is still theirs.
    """
    if not findings:
        return Deidentified(texts={}, tokens={}, applied=())
    names = {action.entity_type for action in actions}
    found = [_found(segment, findings.get(segment.pointer, ()), actions, names) for segment in segments]
    values = _values(segments, found)
    if not values:
        return Deidentified(texts={}, tokens={}, applied=())
    spread = _spread([segment.text for segment in segments], found, values)
    people = (*(before.people if before is not None else ()), *_names(values))
    taken = {
        token: (PERSON, value)
        for token, value in (before.tokens.items() if before is not None else ())
        if token.startswith(f"{PERSON}_")
    }
    tokenizer = Tokenizer(key, scope, [segment.text for segment in segments], mentions(people), taken)
    texts: dict[str, str] = {}
    applied: list[tuple[str, str, str, int]] = []
    for index, segment in enumerate(segments):
        spans = spread[index]
        if not spans:
            continue
        counts: dict[tuple[str, str], int] = {}
        texts[segment.pointer] = "".join(_replaced(segment.text, spans, values, tokenizer, counts))
        applied += [(segment.pointer, *kind, count) for kind, count in counts.items()]
    return Deidentified(texts, tokenizer.restorable, tuple(applied), tokenizer.silent, people)


def replacements(
    text: str, findings: Sequence[Finding], actions: Sequence[Action]
) -> list[tuple[int, int, str, Action]]:
    """What takes the place of findings in one text by itself: from, to, what, why. For masks and redaction alone."""
    names = {action.entity_type for action in actions}
    spans = _merge(_found(Segment("", Role.ASSISTANT, text), findings, actions, names))
    return [(span.start, span.end, _plain(text[span.start : span.end], span.action), span.action) for span in spans]


def _plain(value: str, action: Action) -> str:
    # Tokens and surrogates would need a key, and somebody to turn them back: what asks for one is redacted.
    return mask(value, action.keep_last) if action.operator is Operator.MASK else redact(action.entity_type)


def spreads(value: str) -> bool:
    """Whether a value is replaced wherever it stands: it is long, or has several words, a digit or an `@`."""
    return len(value) >= 6 or (len(value) >= _BEGINNING and any(c.isspace() or c.isdigit() or c == "@" for c in value))


def occurrences(text: str, value: str, *, anywhere: bool = False) -> Iterator[tuple[int, int]]:
    """Where a value stands in a text as a whole word; what is no word (keys, addresses) may also touch letters."""
    start = text.find(value)
    while start >= 0:
        if _stands(text, start, value, anywhere=anywhere):
            yield start, start + len(value)
        start = text.find(value, start + 1)


def _places(text: str, values: Collection[str], *, anywhere: bool) -> Iterator[tuple[int, int]]:
    """Where any of the values stands, as `occurrences` has it. The time for many values is that of the text alone."""
    if len(values) <= _FEW:
        for value in values:
            yield from occurrences(text, value, anywhere=anywhere)
        return
    lengths: dict[str, set[int]] = {}
    for value in values:
        lengths.setdefault(value[:_BEGINNING], set()).add(len(value))
    for start in range(len(text) - _BEGINNING + 1):
        for length in lengths.get(text[start : start + _BEGINNING], ()):
            value = text[start : start + length]
            if value in values and _stands(text, start, value, anywhere=anywhere):
                yield start, start + length


def _stands(text: str, start: int, value: str, *, anywhere: bool) -> bool:
    loose = len(value) >= 8 and any(c.isdigit() or c == "@" for c in value)
    return anywhere or not (_joined(text, start, loose=loose) or _joined(text, start + len(value), loose=loose))


def _joined(text: str, at: int, *, loose: bool) -> bool:
    """Whether what is cut at this offset is one word (or one number, which is never cut)."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    if left.isdigit() and right.isdigit():
        return True
    return not loose and left.isalnum() and right.isalnum()


def _found(segment: Segment, findings: Sequence[Finding], actions: Sequence[Action], names: set[str]) -> list[_Span]:
    spans: list[_Span] = []
    for finding in findings:
        if finding.end > len(segment.text):
            raise ProxyError(f"a finding at {finding.start}..{finding.end} is outside its text")
        action = _strongest(
            [a for a in actions if a.entity_type == finding.entity_type and finding.score >= a.min_score]
        )
        if action is None:
            continue
        value = segment.text[finding.start : finding.end]
        # White space at the ends isn't the value's, and would give the same value two tokens.
        start = finding.start + len(value) - len(value.lstrip())
        end = finding.end - len(value) + len(value.rstrip())
        if start < end and _hides(segment.text[start:end], action, names):
            spans.append(_Span(start, end, action))
    return spans


def _hides(value: str, action: Action, names: set[str]) -> bool:
    """Whether there is anything to hide: a type's own name ("[PERSON]") is nothing, nor is "***" to a mask."""
    if any(f"_{value}_" in f"_{name}_" for name in names):
        return False
    return action.operator is not Operator.MASK or any(c.isalnum() for c in value)


def _values(segments: Sequence[Segment], found: Sequence[Sequence[_Span]]) -> dict[str, Action]:
    """Value → the one action for it in the whole request: the strongest of those that its findings call for."""
    values: dict[str, Action] = {}
    for segment, spans in zip(segments, found, strict=True):
        # Overlapping findings are replaced as one; elsewhere each may stand alone.
        for span in sorted([*spans, *_merge(spans)], key=lambda span: (span.start, -span.end)):
            value = segment.text[span.start : span.end]
            before = values.get(value)
            values[value] = span.action if before is None else _stronger(before, span.action)
    return values


def _names(values: Mapping[str, Action]) -> Iterator[str]:
    """The names that become tokens."""
    for value, action in values.items():
        if action.entity_type == PERSON and action.operator is Operator.TOKENIZE:
            yield value


def _spread(texts: Sequence[str], found: Sequence[list[_Span]], values: Mapping[str, Action]) -> list[list[_Span]]:
    """Each text's spans: what was found, and where else the values stand.

    What touches a replaced value is a word of its own afterwards, and may be a value ("AnnaAnna"): so this is repeated,
    and in the end what still stands anywhere is replaced, word or not.
    """
    spans = [list(items) for items in found]
    blanked = list(texts)
    for turn in range(_ROUNDS + 1):
        more = _propagate(blanked, values, anywhere=turn == _ROUNDS)
        if turn > 0 and not more:
            break
        for index, text in enumerate(texts):
            if turn == 0 or index in more:
                spans[index] = _merge(spans[index] + more.get(index, []))
                blanked[index] = _blank(text, spans[index])
    return spans


def _blank(text: str, spans: Sequence[_Span]) -> str:
    """The text with what is going to be replaced made unreadable, of the same length."""
    parts: list[str] = []
    done = 0
    for span in spans:
        parts += (text[done : span.start], _SEPARATOR * (span.end - span.start))
        done = span.end
    return "".join((*parts, text[done:]))


def _propagate(texts: Sequence[str], values: Mapping[str, Action], *, anywhere: bool) -> dict[int, list[_Span]]:
    """Text's index → where values stand in it, whether or not they were found there."""
    starts: list[int] = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text) + len(_SEPARATOR)
    everything = _SEPARATOR.join(texts)  # searched at once, however many texts there are
    spread: dict[int, list[_Span]] = {}
    spreading = {value for value in values if spreads(value)}
    for start, end in sorted(_places(everything, spreading, anywhere=anywhere)):
        index = bisect_right(starts, start) - 1
        if end - starts[index] <= len(texts[index]):
            action = values[everything[start:end]]
            spread.setdefault(index, []).append(_Span(start - starts[index], end - starts[index], action))
    return spread


def _merge(spans: Sequence[_Span]) -> list[_Span]:
    """Overlapping spans as one, treated as the strongest of them; between equals the longest gives its type."""
    merged: list[tuple[_Span, int]] = []  # with the length of the span that its action came from
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        length = span.end - span.start
        if not merged or span.start >= merged[-1][0].end:
            merged.append((span, length))
            continue
        last, best = merged[-1]
        action = last.action
        if _rank(span.action) > _rank(action) or (_rank(span.action) == _rank(action) and length > best):
            action, best = span.action, length
        if span.action.operator.reversible and not span.action.restore and action.operator.reversible:
            action = replace(action, restore=False)
        merged[-1] = (_Span(last.start, max(last.end, span.end), action), best)
    return [span for span, _ in merged]


def _replaced(
    text: str,
    spans: Sequence[_Span],
    values: Mapping[str, Action],
    tokenizer: Tokenizer,
    counts: dict[tuple[str, str], int],
) -> Iterator[str]:
    done = 0
    for span in spans:
        value = text[span.start : span.end]
        action = values.get(value, span.action)
        if _rank(span.action) > _rank(action):
            action = span.action
        kind = (action.entity_type, action.operator.value)
        counts[kind] = counts.get(kind, 0) + 1
        yield text[done : span.start]
        yield _operate(value, action, tokenizer)
        done = span.end
    yield text[done:]


def _operate(value: str, action: Action, tokenizer: Tokenizer) -> str:
    match action.operator:
        case Operator.MASK:
            return mask(value, action.keep_last)
        case Operator.SURROGATE:
            return tokenizer.surrogate(action.entity_type, value, restore=action.restore)
        case Operator.TOKENIZE:
            return tokenizer.token(action.entity_type, value, restore=action.restore)
        case Operator.REDACT:
            return redact(action.entity_type)


def _strongest(actions: Sequence[Action]) -> Action | None:
    chosen: Action | None = None
    for action in actions:
        chosen = action if chosen is None else _stronger(chosen, action)
    return chosen


def _stronger(one: Action, other: Action) -> Action:
    """The stronger of two; of equals the first, so that a conversation's later turns change nothing in earlier ones."""
    if one.operator is other.operator is Operator.MASK:
        return replace(one, keep_last=min(one.keep_last, other.keep_last))
    stronger = other if _rank(other) > _rank(one) else one
    if one.operator.reversible and other.operator.reversible:  # who wants no token back wants no surrogate back either
        return replace(stronger, restore=one.restore and other.restore)
    return stronger


def _rank(action: Action) -> tuple[int, bool]:
    """What gives away less ranks higher; a token that isn't turned back gives away less than one that is."""
    return _STRENGTH[action.operator], not action.restore
