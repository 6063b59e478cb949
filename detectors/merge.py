"""Findings of several detectors made one answer: sorted, in bounds, never overlapping, thresholds applied.

Of overlapping findings, the surest leads and takes over what it overlaps, so that no character that any of them
covered is lost. Parts of one postal address become one finding.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from configs.entities import entity_groups
from detectors.finding import Finding

# When scores tie: a type that says more goes before one that says less.
_RANK = {
    "PRIVATE_KEY": 0,
    "AWS_ACCESS_KEY": 1,
    "API_KEY": 2,
    "JWT": 3,
    "CONNECTION_STRING": 4,
    "CARD_TRACK": 5,
    "CREDIT_CARD": 6,
}
# What opens a door goes before whatever it is a part of, or what is a part of it: `user:key@example.com` is no address.
_OPENING = frozenset({"PRIVATE_KEY", "AWS_ACCESS_KEY", "API_KEY", "JWT", "CONNECTION_STRING"})
_LAST = {"SECRET": 101, "PASSWORD": 100, "LOCATION": 105}
# Types that no default policy acts on give way to the others instead of being taken over.
_YIELDING = frozenset({"DATE_TIME", "ORGANIZATION", *entity_groups()["TRAITS"], *entity_groups()["MACHINES"]})
# What is said of a person keeps what others leave of it: "depression, says Ana Novak" in a record's field.
_SAID = entity_groups()["SPECIAL_CATEGORY"]
_LEAST = 3  # letters
_STATED, _GUESSED = frozenset({"statements", "records"}), frozenset({"PERSON", "LOCATION"})
_start, _end = attrgetter("start"), attrgetter("end")
_MODELS = frozenset({"tagger", "rampart", "repeats"})
_SURE = 0.75
_ADDRESS_GAP = 3  # ", " or a line break
# What stands inside of names: "Ana van der Velden", "Montes de Oca", "Lo Cascio della Torre".
_PARTICLE = re.compile(
    r" (?:van|von|zu|de|di|da|del|della|dello|dal|du|des|dos|das|do|den|der|het|ter|ten|la|las|los|le|el|al|bin|ibn|"
    r"af|av)(?: (?:der|den|de|het|la|las|los|zu))? ",
    re.IGNORECASE,
)
_NAME_GAP = 12


def merge(text: str, findings: Iterable[Finding], thresholds: Mapping[str, float]) -> tuple[Finding, ...]:
    """One answer from all findings. Types without a threshold are dropped: no policy could name them."""
    kept = [
        finding
        for finding in findings
        if finding.end <= len(text) and finding.score >= thresholds.get(finding.entity_type, 2.0)
    ]
    kept = _without_said(text, kept)
    strong = _join(text, _resolve([one for one in kept if one.entity_type not in _YIELDING | _SAID]))
    said = [
        rest
        for one in _resolve([one for one in kept if one.entity_type in _SAID])
        if (rest := _rest(text, one, strong)) is not None
    ]
    firm = sorted([*strong, *said])
    yielding = _resolve([finding for finding in kept if finding.entity_type in _YIELDING])
    return tuple(sorted([*firm, *_outside(yielding, firm)]))


def _rest(text: str, one: Finding, others: Sequence[Finding]) -> Finding | None:
    """The longest part of a finding that none of the others covers; None if that says nothing."""
    inside = others[bisect_right(others, one.start, key=_end) : bisect_left(others, one.end, key=_start)]
    if not inside:
        return one
    starts, ends = [one.start, *(other.end for other in inside)], [*(other.start for other in inside), one.end]
    start, end = max(zip(starts, ends, strict=True), key=lambda part: part[1] - part[0])
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return replace(one, start=start, end=end) if sum(map(str.isalpha, text[start:end])) >= _LEAST else None


def _without_said(text: str, findings: list[Finding]) -> list[Finding]:
    """Without names that are what is said of somebody: whoever has Parkinson's or is Black isn't called so.

    What a field of a record holds may have a name in it, so there only a name that is all of it goes.
    """
    said = [one for one in findings if one.entity_type in _SAID and one.detector in _STATED]
    if not said:
        return findings

    def is_said(one: Finding) -> bool:
        for other in said:
            inside = other.start <= one.start and one.end <= other.end
            if inside and (other.detector == "statements" or one.end - one.start == other.end - other.start):
                return True
            around = one.start <= other.start and other.end <= one.end
            if around and not any(map(str.isupper, text[one.start : other.start] + text[other.end : one.end])):
                return True  # "ist schwul": the rest is no name
        return False

    return [
        one for one in findings if one.entity_type not in _GUESSED or one.detector not in _MODELS or not is_said(one)
    ]


def _outside(findings: list[Finding], others: Sequence[Finding]) -> Iterator[Finding]:
    """The findings that overlap none of the others; both are sorted and free of overlaps in themselves."""
    index = 0
    for finding in findings:
        while index < len(others) and others[index].end <= finding.start:
            index += 1
        if index == len(others) or others[index].start >= finding.end:
            yield finding


def _resolve(findings: list[Finding]) -> list[Finding]:
    """Group findings that overlap; a group becomes its leader, stretched over what it overlaps."""
    findings.sort(key=lambda finding: (finding.start, -finding.end))
    result: list[Finding] = []
    group: list[Finding] = []
    group_end = 0
    for finding in findings:
        if group and finding.start >= group_end:
            result.extend(_of_group(group))
            group = []
        group.append(finding)
        group_end = max(group_end, finding.end) if len(group) > 1 else finding.end
    if group:
        result.extend(_of_group(group))
    return result


def _of_group(group: list[Finding]) -> list[Finding]:
    if len(group) == 1:
        return group
    leader = min(group, key=_precedence)
    start = min(finding.start for finding in group)
    end = max(finding.end for finding in group)
    score = max(finding.score for finding in group if finding.entity_type == leader.entity_type)
    return [Finding(start, end, leader.entity_type, score, leader.detector)]


def _precedence(finding: Finding) -> tuple[bool, bool, float, int, int, str, int]:
    """Lower leads. What a pattern is sure of (check digits, a format, a name) goes before what a model is sure of."""
    rank = _RANK.get(finding.entity_type, _LAST.get(finding.entity_type, 50))
    modelled = finding.detector in _MODELS or finding.score < _SURE
    opens = finding.entity_type in _OPENING and not modelled
    return (
        modelled,
        not opens,
        -round(finding.score, 2),
        rank,
        finding.start - finding.end,
        finding.entity_type,
        finding.start,
    )


def _join(text: str, findings: list[Finding]) -> tuple[Finding, ...]:
    """`12 Maple Street` + `, ` + `Springfield` is one address, `Ana` + ` van der ` + `Velden` one name."""
    joined: list[Finding] = []
    for finding in findings:
        last = joined[-1] if joined else None
        if last is not None and _one_address(text, last, finding):
            surer = max(last, finding, key=lambda part: (part.entity_type == "STREET_ADDRESS", part.score))
            joined[-1] = Finding(last.start, finding.end, "STREET_ADDRESS", surer.score, surer.detector)
        elif last is not None and _one_name(text, last, finding):
            joined[-1] = Finding(last.start, finding.end, "PERSON", max(last.score, finding.score), last.detector)
        else:
            joined.append(finding)
    return tuple(joined)


def _one_address(text: str, first: Finding, second: Finding) -> bool:
    kinds = {first.entity_type, second.entity_type}
    if "STREET_ADDRESS" not in kinds or not kinds <= {"STREET_ADDRESS", "LOCATION"}:
        return False
    gap = text[first.end : second.start]
    return len(gap) <= _ADDRESS_GAP and not gap.strip(" ,\n\r\t-/.")


def _one_name(text: str, first: Finding, second: Finding) -> bool:
    if first.entity_type != "PERSON" or second.entity_type != "PERSON":
        return False
    return second.start - first.end <= _NAME_GAP and _PARTICLE.fullmatch(text, first.end, second.start) is not None
