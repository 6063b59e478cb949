"""What a policy says of a reply: its texts are scanned, and the rules with `on: [reply]` decide about what was found.

Tokens and surrogates that will be turned back are the person's own, and no findings. A value that was found once is a
finding wherever else it stands in the reply. Nothing here knows how a reply travels.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from detectors.finding import Finding, Scan, Skipped
from policy.decision import Action, Decision, Direction, Effect, EntityFact, Inquiry, Mode
from policy.evaluate import evaluate
from policy.model import Policy
from proxy.message import Refusal, Response
from proxy.providers.dialect import Dialect
from proxy.quoted import without
from proxy.token_index import TokenIndex
from proxy.transforms.deidentify import occurrences, replacements, spreads

log = logging.getLogger("privet.replies")

_ROLE = "assistant"
_KNOWN_AT_MOST = 500  # values of one reply that are looked for again


class Scanner(Protocol):
    """The part of `proxy.pipeline.Inspector` that is needed here."""

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan for each (text, context)."""


class ReplyText(NamedTuple):
    """A text of a reply. What comes before `fresh` was dealt with before, and is there for its context alone."""

    pointer: str
    text: str
    fresh: int = 0

    def __repr__(self) -> str:
        """Without the text: it is content."""
        return f"ReplyText({self.pointer}, {len(self.text)} characters)"


class Change(NamedTuple):
    """What takes the place of a part of a text."""

    start: int
    end: int
    new: str
    entity_type: str
    operator: str


@dataclass(frozen=True, slots=True)
class ReplyRules:
    """The policy of a request whose reply some rule speaks of, and what was asked about the request."""

    policy: Policy
    inquiry: Inquiry

    @classmethod
    def of(cls, policy: Policy, inquiry: Inquiry) -> "ReplyRules | None":
        """None if no rule speaks of replies: then nobody looks into them."""
        return cls(policy, inquiry) if policy.scans_replies() else None

    @property
    def watch_only(self) -> bool:
        """Whether nothing that is found can change the reply: it is only recorded, and nothing is held back."""
        return not enforces_replies(self.policy)


def enforces_replies(policy: Policy) -> bool:
    """Whether what is found in a reply can change it."""
    rules = (rule for rule in policy.rules if Direction.REPLY in rule.on)
    return policy.mode is Mode.ENFORCE and any(rule.mode is Mode.ENFORCE for rule in rules)


@dataclass(slots=True)
class ReplyJudge:
    """Judges one reply, in one piece or in many."""

    rules: ReplyRules
    scanner: Scanner
    placed: TokenIndex = field(repr=False)
    decision_id: str
    facts: list[EntityFact] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    applied: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # pointer, entity type, operator
    decision: Decision | None = None
    _known: dict[str, tuple[str, float, str]] = field(default_factory=dict, repr=False)

    def following(self, rules: ReplyRules, placed: TokenIndex, decision_id: str) -> "ReplyJudge":
        """The judge of the next reply of the same conversation: what was found once is found again."""
        return ReplyJudge(rules, self.scanner, placed, decision_id, _known=self._known)

    async def look(self, texts: Sequence[ReplyText]) -> list[tuple[Finding, ...]]:
        """The findings of each text. `decision` then says what happens, taking together all that was found."""
        error: str | None = None
        found: list[tuple[Finding, ...]] = [()] * len(texts)
        try:
            scans = await self.scanner.scan([(item.text, "") for item in texts]) if texts else []
            found = [self._own(item, scan.findings) for item, scan in zip(texts, scans, strict=True)]
            self.skipped += [
                Skipped(item.pointer, part.reason, part.media_type)
                for item, scan in zip(texts, scans, strict=True)
                for part in scan.skipped
            ]
            found = [self._again(item, findings) for item, findings in zip(texts, found, strict=True)]
        except Exception as failed:  # noqa: BLE001 - the policy's when_error decides, and it blocks unless told otherwise
            error = type(failed).__name__
            log.warning("a reply could not be inspected: %s", error)
        self.decide([finding for findings in found for finding in findings], error)
        return found

    def decide(self, findings: Sequence[Finding], error: str | None = None) -> Decision:
        """The decision with these findings added to what was taken note of."""
        facts = (*self.facts, *(EntityFact(item.entity_type, item.score, _ROLE) for item in findings))
        inquiry = self.rules.inquiry.of_reply(facts, tuple(self.skipped), error)
        self.decision = evaluate(self.rules.policy, inquiry, decision_id=self.decision_id)
        return self.decision

    @property
    def blocks(self) -> bool:
        """Whether the reply may not go on."""
        return self._counts and self.decision is not None and self.decision.effect is Effect.BLOCK

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is to be done to findings."""
        return self.decision.actions if self._counts and self.decision is not None else ()

    @property
    def _counts(self) -> bool:
        return not self.rules.watch_only

    def changes(self, text: str, findings: Sequence[Finding]) -> list[Change]:
        """What takes the place of findings, in the order of the text."""
        return [
            Change(start, end, new, action.entity_type, action.operator.value)
            for start, end, new, action in replacements(text, findings, self.actions)
        ]

    def note(self, pointer: str, findings: Sequence[Finding], changes: Sequence[Change]) -> None:
        """Take note of what was found and done, once it is settled."""
        self.facts += [EntityFact(item.entity_type, item.score, _ROLE) for item in findings]
        self.applied.update((pointer, change.entity_type, change.operator) for change in changes)
        if not changes:
            self.applied.update((pointer, item.entity_type, "") for item in findings)

    def refusal(self, dialect: Dialect) -> Response:
        """What the client gets instead of the reply."""
        decision = self.decision
        rules = decision.determining_rules if decision is not None else ()
        message = decision.message if decision is not None else None
        return dialect.refusal(
            Refusal(
                decision_id=self.decision_id,
                message=message or "The model's reply may not be passed on.",
                rules=rules,
                entity_types=tuple(sorted(decision.entity_counts)) if decision is not None else (),
                status=403,
                code="privet_reply_blocked",
            )
        )

    def _own(self, item: ReplyText, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings in what is fresh, without what will be turned back."""
        if findings and self.placed:
            findings = without(item.text, findings, list(_placed(item.text, self.placed)))
        return tuple(_from(finding, item.fresh) for finding in findings if finding.end > item.fresh)

    def _again(self, item: ReplyText, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """With the values that were found before, wherever they stand."""
        for finding in findings:
            value = item.text[finding.start : finding.end]
            if spreads(value) and len(self._known) < _KNOWN_AT_MOST:
                self._known.setdefault(value, (finding.entity_type, finding.score, finding.detector))
        covered = {(finding.start, finding.end) for finding in findings}
        more = [
            Finding(start, end, *known)
            for value, known in self._known.items()
            for start, end in occurrences(item.text, value)
            if start >= item.fresh and (start, end) not in covered
        ]
        return tuple(sorted([*findings, *more])) if more else findings


def outcome_facts(judge: ReplyJudge) -> tuple[Mapping[str, tuple[int, float]], Mapping[tuple[str, str, str], int]]:
    """What the log holds of a reply: type → count and best score; pointer, type and operator → count."""
    counts: dict[str, tuple[int, float]] = {}
    for fact in judge.facts:
        count, best = counts.get(fact.entity_type, (0, 0.0))
        counts[fact.entity_type] = (count + 1, max(best, fact.score))
    return counts, dict(judge.applied)


def _placed(text: str, index: TokenIndex) -> Iterator[tuple[int, int]]:
    at = 0
    for part in index.cut(text, final=True)[0]:
        if part.token is not None:
            yield at, at + len(part.text)
        at += len(part.text)


def _from(finding: Finding, start: int) -> Finding:
    if finding.start >= start:
        return finding
    return Finding(start, finding.end, finding.entity_type, finding.score, finding.detector)
