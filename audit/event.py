"""`AuditEvent`: what the log holds of a request, a reply, or a change of Privet itself.

Names, counts, pointers and keyed fingerprints; never content, never a float. Every value is brought into a bounded,
plain form when the event is made (`audit.plain`), so a text that strays into a field ends up as `*`. How an event
becomes bytes is `audit.canonical`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from ulid import ULID

from audit import plain
from audit.errors import EventError

MAX_LISTED = 256  # pointers and skipped parts per event; more are counted in `left_out`
MAX_FINGERPRINTS = 1024


class Kind(StrEnum):
    """What an event speaks of."""

    INTENT = "intent"  # decided; durable before anything leaves
    OUTCOME = "outcome"  # how it ended
    NOTICE = "notice"  # Privet itself: started, stopped, policy loaded, …


def new_id() -> str:
    """A new event id: a ULID, sortable by time."""
    return str(ULID())


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: as text it sorts like time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def permille(score: float) -> int:
    """A probability as a whole number from 0 to 1000; the log has no floats."""
    return max(0, min(1000, round(score * 1000)))


def _set(value: object, **fields: object) -> None:
    for name, cleaned in fields.items():
        object.__setattr__(value, name, cleaned)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked."""

    user: str = ""
    department: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        _set(
            self,
            user=plain.person(self.user or ""),
            department=plain.person(self.department or ""),
            address=plain.address(self.address or ""),
        )


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What was asked of whom. `endpoint` is the path without its query, `bytes` the size of the body."""

    provider: str = ""
    dialect: str = ""
    host: str = ""
    endpoint: str = ""
    method: str = ""
    model: str = ""
    bytes: int = 0
    streaming: bool = False

    def __post_init__(self) -> None:
        if type(self.streaming) is not bool:
            raise EventError("request.streaming: expected true or false")
        _set(
            self,
            provider=plain.word(self.provider),
            dialect=plain.word(self.dialect),
            host=plain.host(self.host),
            endpoint=plain.endpoint(self.endpoint),
            method=plain.word(self.method),
            model=plain.model(self.model),
            bytes=plain.count(self.bytes),
        )


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """What was decided, and by which rules of which policy revision."""

    effect: str
    mode: str = "enforce"
    determining_rules: tuple[str, ...] = ()
    matched_rules: tuple[str, ...] = ()
    policy_id: str = ""
    policy_revision: str = ""
    reroute_to: str = ""

    def __post_init__(self) -> None:
        _set(
            self,
            effect=plain.word(self.effect),
            mode=plain.word(self.mode),
            determining_rules=tuple(map(plain.name, self.determining_rules)),
            matched_rules=tuple(map(plain.name, self.matched_rules)),
            policy_id=plain.name(self.policy_id),
            policy_revision=plain.name(self.policy_revision),
            reroute_to=plain.name(self.reroute_to or ""),
        )


@dataclass(frozen=True, slots=True)
class EntityCount:
    """How many findings of one type, the surest one's score (0 to 1000), and which sets of own data they are of.

    `distinct` is how many different values they are; 0 if nobody counted.
    """

    type: str
    count: int
    max_score: int = 0
    sets: tuple[str, ...] = ()
    distinct: int = 0

    def __post_init__(self) -> None:
        _set(
            self,
            type=plain.name(self.type),
            count=plain.count(self.count),
            max_score=plain.permille(self.max_score),
            sets=tuple(map(plain.name, self.sets)),
            distinct=plain.count(self.distinct),
        )


@dataclass(frozen=True, slots=True)
class PointerFact:
    """Where in the body something was found, and what was done to it there."""

    pointer: str
    type: str
    operator: str = ""
    count: int = 1

    def __post_init__(self) -> None:
        _set(
            self,
            pointer=plain.pointer(self.pointer),
            type=plain.name(self.type),
            operator=plain.word(self.operator),
            count=plain.count(self.count),
        )


@dataclass(frozen=True, slots=True)
class LabelFact:
    """What kind of document the request is, with a score from 0 to 1000."""

    name: str
    score: int

    def __post_init__(self) -> None:
        _set(self, name=plain.name(self.name), score=plain.permille(self.score))


@dataclass(frozen=True, slots=True)
class LanguageFact:
    """A language (ISO 639) of the request's texts, how names were looked for in it, and in how many texts it is."""

    language: str
    reading: str = ""
    texts: int = 1

    def __post_init__(self) -> None:
        _set(self, language=plain.word(self.language), reading=plain.word(self.reading), texts=plain.count(self.texts))


@dataclass(frozen=True, slots=True)
class TaskFact:
    """A named task that the request is, how that was recognised, and whether its input doesn't look like it."""

    name: str
    how: str
    vetoed: bool = False

    def __post_init__(self) -> None:
        if type(self.vetoed) is not bool:
            raise EventError("tasks.vetoed: expected true or false")
        _set(self, name=plain.name(self.name), how=plain.word(self.how))


@dataclass(frozen=True, slots=True)
class StepFact:
    """A model that was asked to do a task, what came of it (a code word), and how sure it was (0 to 1000)."""

    model: str
    outcome: str
    confidence: int = 0

    def __post_init__(self) -> None:
        _set(
            self,
            model=plain.name(self.model),
            outcome=plain.word(self.outcome),
            confidence=plain.permille(self.confidence),
        )


@dataclass(frozen=True, slots=True)
class SkippedPart:
    """A part that was not inspected, and why (a code word)."""

    reason: str
    pointer: str = ""

    def __post_init__(self) -> None:
        _set(self, reason=plain.word(self.reason), pointer=plain.pointer(self.pointer))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A found value's type and keyed HMAC (`audit.fingerprint`)."""

    type: str
    hmac: str

    def __post_init__(self) -> None:
        _set(self, type=plain.name(self.type), hmac=plain.hexadecimal(self.hmac))


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """How a request ended. `status` 0: no answer; `error`: a code word; `restored`: tokens turned back."""

    status: int = 0
    response_bytes: int = 0
    duration_ms: int = 0
    restored: int = 0
    error: str = ""

    def __post_init__(self) -> None:
        _set(
            self,
            status=plain.count(self.status),
            response_bytes=plain.count(self.response_bytes),
            duration_ms=plain.count(self.duration_ms),
            restored=plain.count(self.restored),
            error=plain.word(self.error or ""),
        )


@dataclass(frozen=True, slots=True)
class UsageFacts:
    """The tokens that a reply says it took. `input` includes those read from a cache and written to it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    tier: str = ""  # the vendor's word for how it was served, which may cost more or less: priority, flex, batch

    def __post_init__(self) -> None:
        _set(
            self,
            input=plain.count(self.input),
            output=plain.count(self.output),
            cache_read=plain.count(self.cache_read),
            cache_write=plain.count(self.cache_write),
            tier=plain.word(self.tier) if self.tier else "",
        )


@dataclass(frozen=True, slots=True)
class JustificationFacts:
    """Why somebody sent what a rule asked about: its keyed hash and length; the words only if the policy says so."""

    by: str  # header, prompt or command
    hmac: str = ""
    length: int = 0
    rules: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        _set(
            self,
            by=plain.word(self.by),
            hmac=plain.hexadecimal(self.hmac),
            length=plain.count(self.length),
            rules=tuple(map(plain.name, self.rules)),
            reason=plain.remark(self.reason),
        )


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """Something that Privet did or met. `code` and the keys are code words, the values names or numbers."""

    code: str
    details: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        details = {plain.word(key): plain.name(str(value)) for key, value in self.details.items()}
        _set(self, code=plain.word(self.code), details=details)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event. Make it with `intent`, `outcome` or `notice`."""

    kind: Kind
    id: str
    time: str
    decision_id: str = ""
    actor: Actor | None = field(default=None, metadata={"of": Actor})
    request: RequestFacts | None = field(default=None, metadata={"of": RequestFacts})
    decision: DecisionFacts | None = field(default=None, metadata={"of": DecisionFacts})
    entities: tuple[EntityCount, ...] = field(default=(), metadata={"of": EntityCount})
    pointers: tuple[PointerFact, ...] = field(default=(), metadata={"of": PointerFact})
    labels: tuple[LabelFact, ...] = field(default=(), metadata={"of": LabelFact})
    languages: tuple[LanguageFact, ...] = field(default=(), metadata={"of": LanguageFact})
    tasks: tuple[TaskFact, ...] = field(default=(), metadata={"of": TaskFact})
    steps: tuple[StepFact, ...] = field(default=(), metadata={"of": StepFact})
    skipped: tuple[SkippedPart, ...] = field(default=(), metadata={"of": SkippedPart})
    obligations: Mapping[str, int] = field(default_factory=dict)  # operator → findings it was carried out on
    fingerprints: tuple[Fingerprint, ...] = field(default=(), metadata={"of": Fingerprint})
    left_out: Mapping[str, int] = field(default_factory=dict)  # list → entries beyond what one event may hold
    outcome: OutcomeFacts | None = field(default=None, metadata={"of": OutcomeFacts})
    notice: NoticeFacts | None = field(default=None, metadata={"of": NoticeFacts})
    justification: JustificationFacts | None = field(default=None, metadata={"of": JustificationFacts})
    usage: UsageFacts | None = field(default=None, metadata={"of": UsageFacts})
    unknown: Mapping[str, str] = field(default_factory=dict)  # path → JSON of fields that a newer version wrote

    def __post_init__(self) -> None:
        """Bring lists into bounds and refuse an event that lacks what its kind needs."""
        plain.ulid(self.id)
        plain.time(self.time)
        left_out = {plain.word(name): plain.count(number) for name, number in self.left_out.items()}
        for name, limit in (("pointers", MAX_LISTED), ("skipped", MAX_LISTED), ("fingerprints", MAX_FINGERPRINTS)):
            listed = tuple(getattr(self, name))
            if len(listed) > limit:
                left_out[name] = left_out.get(name, 0) + len(listed) - limit
            _set(self, **{name: listed[:limit]})
        _set(
            self,
            kind=Kind(self.kind),
            decision_id=plain.name(self.decision_id),
            entities=tuple(self.entities),
            labels=tuple(self.labels),
            languages=tuple(self.languages),
            tasks=tuple(self.tasks),
            steps=tuple(self.steps),
            obligations={plain.word(name): plain.count(number) for name, number in self.obligations.items()},
            left_out=left_out,
        )
        needs = {
            Kind.INTENT: ("decision_id", "actor", "request", "decision"),
            Kind.OUTCOME: ("decision_id", "outcome"),
            Kind.NOTICE: ("notice",),
        }[self.kind]
        if missing := [name for name in needs if not getattr(self, name)]:
            raise EventError(f"an event of kind {self.kind} needs {', '.join(missing)}")

    @classmethod
    def intent(
        cls,
        *,
        decision_id: str,
        actor: Actor,
        request: RequestFacts,
        decision: DecisionFacts,
        entities: Iterable[EntityCount] = (),
        pointers: Iterable[PointerFact] = (),
        labels: Iterable[LabelFact] = (),
        languages: Iterable[LanguageFact] = (),
        tasks: Iterable[TaskFact] = (),
        steps: Iterable[StepFact] = (),
        skipped: Iterable[SkippedPart] = (),
        obligations: Mapping[str, int] | None = None,
        fingerprints: Iterable[Fingerprint] = (),
        justification: JustificationFacts | None = None,
        time: datetime | None = None,
    ) -> "AuditEvent":
        """What is about to happen to a request."""
        return cls(
            **_head(Kind.INTENT, time),
            decision_id=decision_id,
            actor=actor,
            request=request,
            decision=decision,
            entities=tuple(entities),
            pointers=tuple(pointers),
            labels=tuple(labels),
            languages=tuple(languages),
            tasks=tuple(tasks),
            steps=tuple(steps),
            skipped=tuple(skipped),
            obligations=obligations or {},
            fingerprints=tuple(fingerprints),
            justification=justification,
        )

    @classmethod
    def ended(
        cls,
        *,
        decision_id: str,
        outcome: OutcomeFacts,
        entities: Iterable[EntityCount] = (),
        pointers: Iterable[PointerFact] = (),
        skipped: Iterable[SkippedPart] = (),
        usage: UsageFacts | None = None,
        time: datetime | None = None,
    ) -> "AuditEvent":
        """How a request ended; `entities`, `pointers` and `skipped` speak of the reply."""
        return cls(
            **_head(Kind.OUTCOME, time),
            decision_id=decision_id,
            outcome=outcome,
            entities=tuple(entities),
            pointers=tuple(pointers),
            skipped=tuple(skipped),
            usage=usage,
        )

    @classmethod
    def noticed(
        cls,
        code: str,
        details: Mapping[str, str] | None = None,
        *,
        actor: Actor | None = None,
        decision_id: str = "",
        justification: JustificationFacts | None = None,
        time: datetime | None = None,
    ) -> "AuditEvent":
        """Something about Privet itself: `started`, `stopped`, `policy_loaded`, `policy_refused`, …."""
        return cls(
            **_head(Kind.NOTICE, time),
            decision_id=decision_id,
            notice=NoticeFacts(code, details or {}),
            actor=actor,
            justification=justification,
        )


def _head(kind: Kind, time: datetime | None) -> dict[str, Any]:
    return {"kind": kind, "id": new_id(), "time": time_text(time or datetime.now(UTC))}
