"""What a policy says of one request: `Effect`, `Action`, `Decision`; and what it was asked: `Inquiry`.

An effect answers "may it go?", the actions answer "in what shape?". Both are plain values: carrying them out is
`proxy.transforms`, recording them is `audit`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum

from detectors.finding import Label, Skipped

MONITORED = "monitor:"  # in front of a rule that only monitors, in records


class Effect(IntEnum):
    """May the request go? Ordered: the strongest matching effect wins, whatever the order of rules."""

    ALLOW = 0
    JUSTIFY = 1  # once the person says why
    REROUTE = 2
    BLOCK = 3


class Operator(StrEnum):
    """How one finding is de-identified. In rising strength."""

    MASK = "mask"
    TOKENIZE = "tokenize"
    SURROGATE = "surrogate"
    REDACT = "redact"

    @property
    def reversible(self) -> bool:
        """Whether the reply can get the original back."""
        return self in (Operator.TOKENIZE, Operator.SURROGATE)


class Direction(StrEnum):
    """What is asked about: what a person sends, or what the model answers."""

    REQUEST = "request"
    REPLY = "reply"


class Mode(StrEnum):
    """Whether a decision is carried out (`enforce`) or only recorded (`monitor`)."""

    ENFORCE = "enforce"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Action:
    """Do `operator` to every finding of `entity_type` that scores at least `min_score`."""

    entity_type: str
    operator: Operator
    min_score: float
    rule_id: str
    restore: bool = True  # tokenize, surrogate: put the original back into the reply
    keep_last: int = 0  # mask: how many trailing characters stay readable


def sameness(text: str) -> int:
    """A number that equal values share, however they are written; of this process, and never shown."""
    return hash("".join(filter(str.isalnum, text)).casefold()) or 1


@dataclass(frozen=True, slots=True)
class EntityFact:
    """One finding as a policy sees it: what and how sure, never the text."""

    entity_type: str
    score: float
    role: str = "user"
    # Which value it is, as a number of this process: equal ones are one value. 0: nobody knows, so it is another one.
    same: int = field(default=0, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Everything a policy may ask about a request, or about its reply."""

    department: str
    user: str | None = None
    entities: tuple[EntityFact, ...] = ()
    labels: tuple[Label, ...] = ()
    tasks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # ISO 639 codes of those that its texts are in, as far as anybody can tell
    skipped: tuple[Skipped, ...] = ()
    error: str | None = None  # a failure inside Privet: `when_error` decides
    provider: str = ""
    host: str = ""
    endpoint: str = ""
    model: str = ""
    direction: Direction = Direction.REQUEST
    dialect: str = ""
    client: str = ""  # the user agent, as the client says
    region: str = ""  # the endpoint's jurisdiction; empty if nobody knows it
    tools: tuple[str, ...] = ()  # names of the tools that are offered or were called
    streaming: bool = False
    bytes: int = 0  # of the body
    at: datetime | None = None  # with a time zone
    justified: tuple[str, ...] = ()  # rules with `justify` for which a reason was given; `*` for all of them
    spent: tuple[str, ...] = ()  # budgets that have nothing left for this request
    used: Mapping[str, float] = field(default_factory=dict)  # budget → the share of it that is used up for who asks
    by_type: Mapping[str, Sequence[EntityFact]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the findings by type: every rule about some of them asks for its own."""
        sorted_out: dict[str, list[EntityFact]] = {}
        for fact in self.entities:
            sorted_out.setdefault(fact.entity_type, []).append(fact)
        object.__setattr__(self, "by_type", sorted_out)

    def of_reply(
        self, entities: tuple[EntityFact, ...], skipped: tuple[Skipped, ...] = (), error: str | None = None
    ) -> "Inquiry":
        """The same who and where, asked about the reply and what was found in that."""
        return replace(
            self,
            direction=Direction.REPLY,
            entities=entities,
            skipped=skipped,
            error=error,
            justified=(),
            spent=(),  # budgets are about what leaves
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with the rules that determined it."""

    id: str
    effect: Effect
    mode: Mode
    policy_id: str
    policy_revision: str
    department: str
    actions: tuple[Action, ...] = ()
    determining_rules: tuple[str, ...] = ()  # the rules (or "defaults.effect", …) that set the effect
    matched_rules: tuple[str, ...] = ()  # every rule whose condition held; `monitor:ID` counted for nothing
    reroute_to: str | None = None  # a name in the policy's `models`
    message: str | None = None  # what the blocking rule says to the person
    entity_counts: Mapping[str, int] = field(default_factory=dict)
    justified_rules: tuple[str, ...] = ()  # rules that would have asked why, had no reason been given

    @property
    def enforced(self) -> bool:
        """Whether the decision is carried out rather than only recorded."""
        return self.mode is Mode.ENFORCE

    @property
    def counted_rules(self) -> tuple[str, ...]:
        """The rules whose condition held and that counted."""
        return tuple(rule for rule in self.matched_rules if not rule.startswith(MONITORED))

    @property
    def monitored_rules(self) -> tuple[str, ...]:
        """The rules with `mode: monitor` whose condition held."""
        return tuple(rule.removeprefix(MONITORED) for rule in self.matched_rules if rule.startswith(MONITORED))
