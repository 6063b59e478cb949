"""Counting: what of the labelled values passed, what else was covered, how exact the types are.

- *Leak*: values that no finding touches. *Partial*: values of which a finding covers some characters and not all.
- *Damage*: the share of unlabelled characters that findings cover which are acted on; *covered*: any finding.
- *Touched*: texts without a labelled value in which a finding is acted on.
- *Recall*: values touched by a finding of a fitting type. *Precision*: findings of a label's types that touch a value
  they fit. Overlap counts, as in MUC's and SemEval's "type" scheme: where a value ends is what `partial` and `damage`
  measure.

Labels that mark a stand-in (`[PHONE_1]`) are no values: they count neither as leaked nor as harmless.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from configs.entities import entity_groups
from detectors.evaluation.rows import Row
from detectors.finding import Finding

Find = Callable[[Sequence[str]], list[Sequence[Finding]]]
Acted = Callable[[Sequence[Finding]], Sequence[Finding]]
"""The findings of one text that a policy does something about."""

# Labels of what points to one person or opens a door. The others: places, dates, companies, titles, web sites.
IDENTIFYING = frozenset(
    """
    PERSON ADDRESS STREET_ADDRESS PHONE_NUMBER EMAIL_ADDRESS USERNAME ID CREDIT_CARD IBAN_CODE CRYPTO US_SSN US_ITIN
    US_DRIVER_LICENSE IP_ADDRESS SECRET
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_STAND_IN = re.compile(r"\[[A-Z]+(?:_[A-Z\d]+)*\]")
_NUMBERS = frozenset(
    """
    ID ACCOUNT_NUMBER BANK_ACCOUNT NATIONAL_ID TAX_ID PASSPORT DRIVER_LICENSE US_DRIVER_LICENSE US_SSN US_ITIN
    MEDICAL_RECORD HEALTH_INSURANCE MEDICAL_LICENSE REFERENCE_NUMBER LICENSE_PLATE VEHICLE_ID US_BANK_NUMBER US_PASSPORT
    UK_NHS DEVICE_ID
    """.split()  # noqa: SIM905 - the same
)
_PLACES = frozenset({"LOCATION", "COUNTRY", "STREET_ADDRESS", "ADDRESS", "GPE"})
_FITTING: dict[str, frozenset[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBERS),
    **dict.fromkeys(_PLACES, _PLACES),
    **dict.fromkeys(
        ("DATE_TIME", "DATE_OF_BIRTH", "AGE"), frozenset({"DATE_TIME", "DATE_OF_BIRTH", "AGE", "AGE_OVER_89"})
    ),
}


def fitting(label: str) -> frozenset[str]:
    """The types that are right for a label: sets name things differently, and an id may be any number of somebody's."""
    if label == "SECRET":
        return entity_groups()["SECRETS"] | {label}
    return _FITTING.get(label, frozenset({label}))


@dataclass(slots=True)
class Counts:
    """What came of one label's values, and of the findings of its types."""

    values: int = 0
    leaked: int = 0
    leaked_acted: int = 0
    partial: int = 0
    right: int = 0
    found: int = 0
    found_right: int = 0
    damaged_chars: int = 0

    def add(self, other: "Counts") -> None:
        """Add another's numbers."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def figures(self) -> dict[str, float | int | None]:
        """The shares, as `privet eval detect --json` prints them."""
        precision, recall = share(self.found_right, self.found), share(self.right, self.values)
        f1 = None
        if precision is not None and recall is not None:
            f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {
            "values": self.values,
            "leak": share(self.leaked, self.values),
            "leak_acted": share(self.leaked_acted, self.values),
            "partial_leak": share(self.partial, self.values),
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "findings": self.found,
            "damaged_characters": self.damaged_chars,
        }


@dataclass(slots=True)
class Score:
    """Sums over the texts of one set."""

    labels: dict[str, Counts] = field(default_factory=dict)
    harmless_chars: int = 0
    damaged_chars: int = 0
    covered_chars: int = 0
    negatives: int = 0
    touched: int = 0
    touched_secrets: int = 0
    chars: int = 0
    seconds: float = 0.0

    def add(self, other: "Score") -> None:
        """Add another set's numbers."""
        for label, counts in other.labels.items():
            self.labels.setdefault(label, Counts()).add(counts)
        for each in fields(self):
            if each.name != "labels":
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def total(self, labels: Iterable[str] | None = None) -> Counts:
        """The numbers of some labels together; of all of them by default."""
        total = Counts()
        for label in self.labels if labels is None else labels:
            total.add(self.labels.get(label, Counts()))
        return total

    def figures(self) -> dict[str, float | int | None]:
        """The shares of the whole set."""
        everything, identifying = self.total(), self.total(IDENTIFYING)
        return {
            "leak": share(everything.leaked, everything.values),
            "leak_identifying": share(identifying.leaked, identifying.values),
            "leak_acted": share(everything.leaked_acted, everything.values),
            "leak_identifying_acted": share(identifying.leaked_acted, identifying.values),
            "partial_leak": share(everything.partial, everything.values),
            "damage": share(self.damaged_chars, self.harmless_chars),
            "damage_all": share(self.covered_chars, self.harmless_chars),
            "touched": share(self.touched, self.negatives),
            "touched_secrets": share(self.touched_secrets, self.negatives),
            "kb_per_second": self.chars / 1000 / self.seconds if self.seconds else None,
            "values": everything.values,
            "texts_kb": self.chars / 1000,
        }


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None where there is no whole."""
    return part / whole if whole else None


def measure(rows: Iterable[Row], find: Find, acted: Acted) -> Score:
    """Run one detector over the rows. KB/s are of this process's processor time: what others do doesn't count."""
    rows = list(rows)
    started = time.process_time()
    found = find([row.text for row in rows])
    score = Score(seconds=time.process_time() - started)
    for row, findings in zip(rows, found, strict=True):
        _count(score, row, findings, acted(findings))
    return score


def _count(score: Score, row: Row, findings: Sequence[Finding], acted: Sequence[Finding]) -> None:
    length = len(row.text)
    everything, touched = _cover(length, _ends(findings)), _cover(length, _ends(acted))
    labelled = _cover(length, [(start, end) for start, end, _ in row.spans])
    values = [span for span in row.spans if not _STAND_IN.fullmatch(row.text[span[0] : span[1]])]
    for start, end, label in values:
        counts = score.labels.setdefault(label, Counts())
        counts.values += 1
        covered = sum(everything[start:end])
        counts.leaked += not covered
        counts.leaked_acted += not any(touched[start:end])
        counts.partial += 0 < covered < end - start and not _is_trifle(row.text, start, end, everything)
        counts.right += _touches(findings, start, end, fitting(label))
    for one in findings:
        _count_finding(score.labels, row.spans, one, labelled)
    secrets = entity_groups()["SECRETS"]
    score.chars += length
    score.harmless_chars += labelled.count(0)
    score.damaged_chars += sum(hit and not label for hit, label in zip(touched, labelled, strict=True))
    score.covered_chars += sum(hit and not label for hit, label in zip(everything, labelled, strict=True))
    score.negatives += not row.spans
    score.touched += not row.spans and any(touched)
    score.touched_secrets += not row.spans and any(one.entity_type in secrets for one in findings)


def _count_finding(
    labels: dict[str, Counts], spans: Sequence[tuple[int, int, str]], one: Finding, labelled: bytearray
) -> None:
    """A finding counts for the label that it touches and fits, else for the label that is named like it."""
    touched = [label for start, end, label in spans if start < one.end and one.start < end]
    fits = [label for label in touched if one.entity_type in fitting(label)]
    counts = labels.setdefault(fits[0] if fits else one.entity_type, Counts())
    counts.found += 1
    counts.found_right += bool(fits)
    counts.damaged_chars += labelled[one.start : one.end].count(0)


def _touches(findings: Sequence[Finding], start: int, end: int, types: frozenset[str]) -> bool:
    return any(one.start < end and start < one.end and one.entity_type in types for one in findings)


def _is_trifle(text: str, start: int, end: int, covered: bytearray) -> bool:
    """Whether only signs at the value's ends stay: a comma, a quotation mark, a space."""
    return not any(text[index].isalnum() and not covered[index] for index in range(start, end))


def _ends(findings: Iterable[Finding]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in findings]


def _cover(length: int, spans: Iterable[tuple[int, int]]) -> bytearray:
    covered = bytearray(length)
    for start, end in spans:
        covered[start:end] = b"\x01" * (min(end, length) - start)
    return covered


def of_types(types: frozenset[str]) -> Acted:
    """A policy that does something about these types, whatever else is there."""
    return lambda findings: [one for one in findings if one.entity_type in types]


def totals(scores: Mapping[str, Score]) -> Score:
    """All sets together."""
    total = Score()
    for score in scores.values():
        total.add(score)
    return total
