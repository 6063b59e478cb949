"""A policy as values: `Policy`, its `Rule`s and their `Condition`s, `Department`s and `ModelTarget`s. All are frozen.

What stands here is resolved: parents are merged in, groups are spelled out as entity types with the score each needs.
Reading YAML is `policy.load`; what a policy says of a request is `policy.evaluate`.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from detectors.finding import Skipped, SkipReason
from policy.decision import Action, Direction, Effect, Mode, Operator
from policy.times import TimeWindow
from policy.vocabulary import DEFAULT_DEPARTMENT, EVERYTHING

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


type Unpriced = Literal["highest", "refuse"]

type Field = Literal[
    "departments",
    "users",
    "entities",
    "labels",
    "tasks",
    "models",
    "providers",
    "hosts",
    "endpoints",
    "dialects",
    "regions",
    "outside_regions",
    "languages",
    "outside_languages",
    "clients",
    "tools",
    "times",
    "bytes",
    "streaming",
    "uninspected",
    "budget",
]

type Backend = Literal["embedded", "openai", "task"]

FIELDS: tuple[Field, ...] = get_args(Field.__value__)
_UNSTATED = ((), None)


def _nothing() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class EntityTest:
    """At least `min_count` findings of what `name` stands for, each as sure as its type's entry in `scores`.

    Of these, at least `min_distinct` must be different values.
    """

    name: str  # as written: a type, a group or "*"
    scores: Mapping[str, float] = field(default_factory=_nothing)
    min_count: int = 1
    min_score: float | None = None  # as written; None is each type's own threshold
    min_distinct: int = 1

    def covers(self, entity_type: str, score: float) -> bool:
        """Whether one finding counts. `*` also counts types that no table knows."""
        if entity_type not in self.scores:
            return self.name == EVERYTHING and score >= (self.min_score or 0.0)
        return score >= self.scores[entity_type]


@dataclass(frozen=True, slots=True)
class LabelTest:
    """The request is this kind of document, at least this sure."""

    name: str
    min_score: float


@dataclass(frozen=True, slots=True)
class SizeTest:
    """How large a body is, in bytes."""

    least: int = 0
    most: int | None = None

    def holds(self, size: int) -> bool:
        """Whether a size lies between the two, both included."""
        return self.least <= size and (self.most is None or size <= self.most)


@dataclass(frozen=True, slots=True)
class SkipTest:
    """A part could not be inspected, for this reason; with `media`, one of these formats."""

    reason: SkipReason
    media: tuple[str, ...] = ()  # globs; () is any format, known or not

    def covers(self, part: Skipped) -> bool:
        """Whether one part counts. What nobody knows the format of is matched by no glob, not even `*`."""
        if part.reason is not self.reason:
            return False
        kind = part.media_type.casefold()
        return not self.media or (bool(kind) and any(fnmatchcase(kind, glob.casefold()) for glob in self.media))


@dataclass(frozen=True, slots=True)
class BudgetTest:
    """Of this budget, more than this share is used up for whoever asks."""

    id: str
    above: float


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies. Every stated field must hold, each by any of its entries; none stated: always."""

    departments: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    entities: tuple[EntityTest, ...] = ()
    roles: tuple[str, ...] = ()  # where `entities` are looked for; () is everywhere
    labels: tuple[LabelTest, ...] = ()
    tasks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # globs
    providers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # globs
    endpoints: tuple[str, ...] = ()  # globs
    dialects: tuple[str, ...] = ()  # globs
    regions: tuple[str, ...] = ()
    outside_regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    outside_languages: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()  # globs
    tools: tuple[str, ...] = ()  # globs
    times: tuple[TimeWindow, ...] = ()
    bytes: SizeTest | None = None
    streaming: bool | None = None
    uninspected: tuple[SkipTest, ...] = ()
    budget: BudgetTest | None = None

    def stated(self) -> tuple[Field, ...]:
        """The fields that are asked for. `roles` belongs to `entities`."""
        return tuple(name for name in FIELDS if getattr(self, name) not in _UNSTATED)


@dataclass(frozen=True, slots=True)
class Obligation:
    """De-identify findings of `types`, whatever the request's fate but being blocked."""

    operator: Operator
    types: frozenset[str]
    written: tuple[str, ...]  # types, groups or "*", as written
    restore: bool = True
    keep_last: int = 0

    @property
    def everything(self) -> bool:
        """Whether types that no table knows are meant too."""
        return EVERYTHING in self.written


@dataclass(frozen=True, slots=True)
class Rule:
    """When `when` holds, the request gets at least `effect`, in the shape that the obligations give it."""

    id: str
    effect: Effect
    when: Condition = field(default_factory=Condition)
    obligations: tuple[Obligation, ...] = ()
    to: str | None = None  # reroute: a name in the policy's models
    message: str | None = None
    description: str = ""
    mode: Mode = Mode.ENFORCE  # monitor: evaluated and recorded, but not counted
    shape_only: bool = False  # no effect is stated: the rule de-identifies what goes, and doesn't say whether it may
    policy_id: str = ""  # the policy that the rule was read from
    on: tuple[Direction, ...] = (Direction.REQUEST,)

    @property
    def permits(self) -> bool:
        """Whether the rule can speak in place of `defaults.effect`.

        A rule about findings can't: what is found in a request only ever makes the answer stricter. Nor can one about
        what could not be inspected: a request would get out because of it. Nor one about a task, unless it keeps the
        request inside: which task it is, the client says, by a word or by how it writes the request. Nor one about a
        budget: whoever spends would permit.
        """
        when = self.when
        return not (self.shape_only or when.entities or when.uninspected or self._claimed or when.budget)

    @property
    def answers(self) -> tuple[SkipTest, ...]:
        """The uninspected parts of which the rule speaks in place of the defaults, if it could permit otherwise."""
        when = self.when
        return () if self.shape_only or when.entities or self._claimed or when.budget else when.uninspected

    @property
    def _claimed(self) -> bool:
        return bool(self.when.tasks) and self.effect < Effect.REROUTE


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may leave in a time: so many requests, bytes, tokens or USD, counted for each of what `per` names."""

    id: str
    every: str  # one of `policy.periods`
    requests: int | None = None
    bytes: int | None = None
    tokens: int | None = None
    usd: float | None = None
    soft: float | None = None  # the share after which the log says so, once
    unpriced: Unpriced = "highest"  # usd: a model of which nobody knows the price
    per: tuple[str, ...] = ("department",)
    when: Condition = field(default_factory=Condition)
    effect: Effect = Effect.BLOCK
    to: str | None = None
    message: str | None = None
    description: str = ""
    mode: Mode = Mode.ENFORCE
    policy_id: str = ""

    @property
    def name(self) -> str:
        """What decisions and records call it."""
        return f"budgets.{self.id}"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where no rule speaks. Everything is block unless the policy says otherwise."""

    effect: Effect = Effect.BLOCK
    when_uninspected: Effect = Effect.BLOCK
    when_error: Effect = Effect.BLOCK
    unreadable_clients: Effect | None = None  # None: as when_uninspected

    def for_part(self, part: Skipped) -> tuple[str, Effect]:
        """The key that speaks of a part that could not be inspected, and what it says."""
        if part.reason is SkipReason.UNREADABLE_CLIENT:
            stated = self.unreadable_clients
            return "unreadable_clients", self.when_uninspected if stated is None else stated
        return "when_uninspected", self.when_uninspected


@dataclass(frozen=True, slots=True)
class Department:
    """Who belongs to a department."""

    name: str
    networks: tuple[Network, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """An internal model that requests can be rerouted to."""

    name: str
    backend: Backend
    model: str
    base_urls: tuple[str, ...] = ()  # openai: servers of which any may answer
    api_key_env: str = ""
    concurrency: int = 16  # openai: requests that one server answers at a time
    queue: int = 64  # requests that wait at most
    seconds: float = 120.0  # for a whole answer
    task: str = ""  # task: which one it does
    answerer: str = ""  # task: a chat model of the catalogue, or a directory, as written
    place: Path | None = field(default=None, compare=False)  # task: that directory
    min_confidence: float = 0.0  # task: an answer that is less sure goes on to the next of `escalate`
    escalate: tuple[str, ...] = ()  # task: models of the policy, the vendor last
    evidence: str = ""  # task: the hash of what it was chosen by


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything one or more policy files say, resolved."""

    id: str
    revision: str  # SHA-256 of the resolved policy's canonical JSON
    mode: Mode = Mode.ENFORCE
    defaults: Defaults = field(default_factory=Defaults)
    departments: Mapping[str, Department] = field(default_factory=lambda: MappingProxyType({}))
    models: Mapping[str, ModelTarget] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[Rule, ...] = ()
    budgets: tuple[Budget, ...] = ()
    record_reasons: bool = False  # whether a justification's words are kept, or only that there was one
    default_department: str = DEFAULT_DEPARTMENT
    files: tuple[Path, ...] = field(default=(), compare=False)  # every file it was read from, its own first
    own_types: frozenset[str] = frozenset()  # entity types that the company named itself, which its rules may name
    own_labels: tuple[str, ...] = ()  # the same of labels
    # What follows from the rules, worked out once: it would be the larger part of the time that a decision takes.
    _spoken: Mapping[Direction, Sequence[tuple[Rule, tuple[Field, ...]]]] = field(init=False, repr=False, compare=False)
    combined: dict[tuple[tuple[str, ...], frozenset[str]], tuple[Action, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )  # ids of rules that apply and unknown types that were found → what is done

    def __post_init__(self) -> None:
        """Sort the rules by what they speak of."""
        ordered = sorted(self.rules, key=lambda rule: rule.id)
        # What takes longest to ask comes last, and often need not be asked.
        fields = {rule.id: sorted(rule.when.stated(), key=("entities", "times").__contains__) for rule in ordered}
        spoken = {one: [(rule, tuple(fields[rule.id])) for rule in ordered if one in rule.on] for one in Direction}
        object.__setattr__(self, "_spoken", spoken)

    def spoken(self, direction: Direction) -> Sequence[tuple[Rule, tuple[Field, ...]]]:
        """The rules on requests or on replies by id, each with the fields that its condition states."""
        return self._spoken[direction]

    def department_of(self, user: str | None, address: str | None) -> str:
        """The department of a verified user, else of the most specific network, else the default one."""
        if user is not None:
            folded = user.casefold()
            for department in self.departments.values():
                if any(folded == member.casefold() for member in department.users):
                    return department.name
        ip = _parse_address(address)
        if ip is None:
            return self.default_department
        best: tuple[int, str] | None = None
        for department in self.departments.values():
            for network in department.networks:
                if ip in network and (best is None or network.prefixlen > best[0]):
                    best = network.prefixlen, department.name
        return best[1] if best else self.default_department

    def department_names(self) -> frozenset[str]:
        """Every department that a request can come from."""
        return frozenset({*self.departments, self.default_department})

    def _conditional(self) -> Sequence[Rule | Budget]:
        return [*self.rules, *self.budgets]

    def scans_replies(self) -> bool:
        """Whether any rule speaks of replies, watched ones too. If none does, nobody needs to look into them."""
        return any(Direction.REPLY in rule.on for rule in self.rules)

    def shares_used(self) -> bool:
        """Whether any rule asks how much of a budget is used up. If none does, nobody needs to look."""
        return any(rule.when.budget for rule in self.rules)

    def counts_money(self) -> bool:
        """Whether any budget counts USD."""
        return any(budget.usd is not None for budget in self.budgets)

    def tools_used(self) -> bool:
        """Whether any rule asks for tools. If none does, nobody needs to look for them."""
        return any(one.when.tools for one in self._conditional())

    def justifies(self) -> bool:
        """Whether any rule asks why. If none does, nobody needs to look for reasons."""
        return any(rule.effect is Effect.JUSTIFY for rule in self.rules)

    def labels_used(self) -> frozenset[str]:
        """The labels that any rule asks for, watched ones too. If there are none, nothing needs to be classified."""
        return frozenset(label.name for one in self._conditional() for label in one.when.labels)

    def tasks_used(self) -> bool:
        """Whether it matters which task a request is. If it doesn't, nobody needs to find out."""
        return any(one.when.tasks for one in self._conditional()) or any(
            one.backend == "task" for one in self.targets().values()
        )

    def tasks_named(self) -> frozenset[str]:
        """The tasks that any rule asks for, or some model does."""
        asked = {name for one in self._conditional() for name in one.when.tasks}
        return frozenset({*asked, *(one.task for one in self.targets().values() if one.task)})

    def targets(self) -> Mapping[str, ModelTarget]:
        """The models that some rule can reroute to, and those that these escalate to."""
        waiting = [one.to for one in self._conditional() if one.to is not None]
        found: dict[str, ModelTarget] = {}
        while waiting:
            name = waiting.pop()
            if name not in found and name in self.models:
                found[name] = self.models[name]
                waiting += found[name].escalate
        return found

    def embedded_models(self) -> frozenset[str]:
        """The catalogue's names of the models that some rule can reroute to and that run inside Privet."""
        return frozenset(target.model for target in self.targets().values() if target.backend == "embedded")


def _parse_address(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
