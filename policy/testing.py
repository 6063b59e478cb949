"""Cases beside a policy: `NAME.test.yaml` says for some requests what the policy NAME.yaml must decide.

A case gives what was found (entities, labels) directly, or a text that the caller of `run` inspects. docs/policy.md
has the grammar.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from configs.entities import entity_types
from configs.hosts import region_of_host
from configs.yaml_source import Problem, SourceError, load_yaml
from detectors.finding import Label, Scan, Skipped, SkipReason
from policy.decision import Decision, Direction, EntityFact, Inquiry, Operator, sameness
from policy.evaluate import evaluate
from policy.model import Defaults, Policy
from policy.node import Node
from policy.read import read_defaults
from policy.read_rule import check_language
from policy.vocabulary import EFFECTS, EVERYTHING, LABELS, ROLES, Code, nearest

TEST_SCHEMA = "privet.policy-test/1"
_SURE = 0.99  # the score of what a case says was found, unless it says how sure


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a case expects. What it doesn't state is None and not compared."""

    effect: str | None = None
    rules: tuple[str, ...] | None = None  # the determining ones
    matched: tuple[str, ...] | None = None
    monitored: tuple[str, ...] | None = None
    to: str | None = None
    actions: Mapping[str, str] | None = None  # entity type → operator, for these types; `none` for no operator


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what is expected of it."""

    name: str
    line: int
    inquiry: Inquiry
    expect: Expectation
    text: str | None = field(default=None, repr=False)
    defaults: Defaults | None = None  # instead of the policy's


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case."""

    case: Case
    decision: Decision
    failures: tuple[str, ...]


def cases_path(policy: Path) -> Path:
    """Where a policy's cases stand."""
    return policy.with_name(f"{policy.stem}.test.yaml")


def load_cases(path: Path, policy: Policy) -> tuple[Case, ...]:
    """Read the cases of a policy. Raises `SourceError` with every problem."""
    source = load_yaml(path)
    problems: list[Problem] = []
    root = Node(source, problems, (), source.data, own_types=policy.own_types, own_labels=policy.own_labels)
    keys = root.section("test")
    cases = []
    if keys is not None and "schema" in keys:
        keys["schema"].choice([TEST_SCHEMA])
    if keys is not None and "cases" in keys:
        cases = [_case(item, policy) for item in keys["cases"].items("[{name: …, expect: {effect: block}}]") or ()]
    if keys is not None and "defaults" in keys:
        defaults = Defaults(**read_defaults(keys["defaults"]))
        cases = [replace(case, defaults=defaults) for case in cases if case is not None]
    if problems:
        raise SourceError(sorted(set(problems)))
    return tuple(case for case in cases if case is not None)


def run(policy: Policy, cases: Iterable[Case], inspect: Callable[[str], Scan]) -> tuple[CaseResult, ...]:
    """Evaluate every case. `inspect` is asked for the findings and labels of those that give a text."""
    return tuple(_run(policy, case, inspect) for case in cases)


def untested(policy: Policy, results: Iterable[CaseResult]) -> tuple[str, ...]:
    """The rules that held in no case."""
    seen = {rule for result in results for rule in (*result.decision.counted_rules, *result.decision.monitored_rules)}
    return tuple(rule.id for rule in policy.rules if rule.id not in seen)


def _run(policy: Policy, case: Case, inspect: Callable[[str], Scan]) -> CaseResult:
    inquiry = case.inquiry
    if case.text is not None:
        inquiry = with_scan(inquiry, inspect(case.text), case.text)
    if case.defaults is not None:
        policy = replace(policy, defaults=case.defaults)
    decision = evaluate(policy, inquiry, decision_id=f"case:{case.line}")
    return CaseResult(case, decision, tuple(_failures(case.expect, decision)))


def with_scan(inquiry: Inquiry, scan: Scan, text: str) -> Inquiry:
    """An inquiry with what a scan of a text found added, as the user's words."""
    entities = tuple(
        EntityFact(one.entity_type, one.score, same=sameness(text[one.start : one.end])) for one in scan.findings
    )
    return replace(
        inquiry,
        entities=(*inquiry.entities, *entities),
        labels=(*inquiry.labels, *scan.labels),
        languages=tuple(dict.fromkeys((*inquiry.languages, *scan.languages))),
        skipped=(*inquiry.skipped, *scan.skipped),
    )


def _failures(expect: Expectation, decision: Decision) -> Iterable[str]:
    compared: list[tuple[str, object, object]] = [
        ("effect", expect.effect, decision.effect.name.lower()),
        ("to", expect.to, decision.reroute_to),
        ("rules", _sorted(expect.rules), _sorted(decision.determining_rules)),
        ("matched", _sorted(expect.matched), _sorted(decision.counted_rules)),
        ("monitored", _sorted(expect.monitored), _sorted(decision.monitored_rules)),
    ]
    operators = {action.entity_type: action.operator.value for action in decision.actions}
    for entity_type, operator in (expect.actions or {}).items():
        compared.append((entity_type, operator, operators.get(entity_type, "none")))
    for what, wanted, got in compared:
        if wanted is not None and wanted != got:
            yield f"{what}: expected {_shown(wanted)}, got {_shown(got)}"


def _sorted(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)


def _case(node: Node, policy: Policy) -> Case | None:
    keys = node.section("case")
    if keys is None or "name" not in keys or "expect" not in keys:
        return None

    def text(name: str, what: str) -> str | None:
        return keys[name].text(what, longest=100_000) if name in keys else None

    user, address, department = text("user", "a user's name"), text("address", "an address"), None
    if "department" in keys:
        department = known(keys["department"], policy.department_names(), "department")
    host = text("host", "a host") or ""
    inquiry = Inquiry(
        department=department or policy.department_of(user, address),
        user=user,
        entities=_entities(keys["entities"]) if "entities" in keys else (),
        labels=_labels(keys["labels"]) if "labels" in keys else (),
        languages=_languages(keys["languages"]) if "languages" in keys else (),
        tasks=keys["tasks"].texts("a task", "[translation]") if "tasks" in keys else (),
        skipped=_skipped(keys["skipped"]) if "skipped" in keys else (),
        error=text("error", "an error's name"),
        provider=text("provider", "a provider") or "openai",
        host=host,
        model=text("model", "a model") or "",
        endpoint=text("endpoint", "a path") or "",
        dialect=text("dialect", "a dialect") or "",
        region=(text("region", "a region") or "") if "region" in keys else region_of_host(host),
        client=text("client", "a user agent") or "",
        tools=keys["tools"].texts("a tool", "[shell]") if "tools" in keys else (),
        at=moment(keys["at"]) if "at" in keys else None,
        bytes=(keys["bytes"].whole(0, 2**53) or 0) if "bytes" in keys else 0,
        streaming=bool(keys["streaming"].boolean()) if "streaming" in keys else False,
        justified=(EVERYTHING,) if "reason" in keys and keys["reason"].boolean() else (),
        spent=_spent(keys["spent"], policy) if "spent" in keys else (),
        used=_used(keys["used"], policy) if "used" in keys else {},
        direction=Direction(keys["on"].choice(list(Direction)) or "request") if "on" in keys else Direction.REQUEST,
    )
    name, expect = keys["name"].text("a name"), _expect(keys["expect"], policy)
    line = node.source.position((*node.path, "name"))[0]
    return Case(name, line, inquiry, expect, text("text", "text")) if name and expect else None


def _languages(node: Node) -> tuple[str, ...]:
    names = node.texts("a language", "[de]")
    for index, name in enumerate(names):
        check_language(node.at(index, name), name)
    return names


def moment(node: Node) -> datetime | None:
    """A time that says which clock it is by."""
    value = node.value
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        node.note(Code.WRONG_VALUE, "expected a time with its zone, such as 2026-11-24T09:30:00+01:00")
        return None
    return read


def known(node: Node, names: Iterable[str], what: str) -> str | None:
    """A name that something defines."""
    name, names = node.text(f"the name of a {what}"), list(names)
    if name is None or name in names:
        return name
    hint = nearest(name, names) or f". Known: {', '.join(sorted(names))}"
    node.note(Code.UNKNOWN_NAME, f"no {what} is called {name!r}{hint}")
    return None


def _entities(node: Node) -> tuple[EntityFact, ...]:
    facts: list[EntityFact] = []
    for item in node.items("[PERSON]") or ():
        if isinstance(item.value, str):
            if name := known(item, [*entity_types(), *item.own_types], "entity type"):
                facts.append(EntityFact(name, _SURE))
            continue
        keys = item.section("found") or {}
        name = known(keys["type"], [*entity_types(), *item.own_types], "entity type") if "type" in keys else None
        score = keys["score"].number(0, 1) if "score" in keys else _SURE
        count = keys["count"].whole(1, 10_000) if "count" in keys else 1
        role = known(keys["role"], ROLES, "role") if "role" in keys else "user"
        if name and role and score is not None and count is not None:
            facts += [EntityFact(name, score, role)] * count
    return tuple(facts)


def _labels(node: Node) -> tuple[Label, ...]:
    labels = []
    for item in node.items("[{name: financial, score: 0.9}]") or ():
        keys = {"name": item} if isinstance(item.value, str) else item.section("labelled") or {}
        name = known(keys["name"], (*LABELS, *node.own_labels), "label") if "name" in keys else None
        score = keys["score"].number(0, 1) if "score" in keys else _SURE
        if name and score is not None:
            labels.append(Label(name, score, "case"))
    return tuple(labels)


def _skipped(node: Node) -> tuple[Skipped, ...]:
    skipped = []
    for item in node.items("[timeout]") or ():
        keys = {"reason": item} if isinstance(item.value, str) else item.section("unread") or {}
        reason = known(keys["reason"], list(SkipReason), "reason") if "reason" in keys else None
        media = keys["media"].text("a format") if "media" in keys else ""
        if reason and media is not None:
            skipped.append(Skipped("", SkipReason(reason), media))
    return tuple(skipped)


def _spent(node: Node, policy: Policy) -> tuple[str, ...]:
    budgets = [budget.id for budget in policy.budgets]
    return tuple(name for item in node.items("[a-budget]") or () if (name := known(item, budgets, "budget")))


def _used(node: Node, policy: Policy) -> dict[str, float]:
    budgets = [budget.id for budget in policy.budgets]
    shares = {
        name: item.number(0, 1)
        for name, item in node.named("budgets").items()
        if known(replace(item, value=name), budgets, "budget")
    }
    return {name: share for name, share in shares.items() if share is not None}


def _expect(node: Node, policy: Policy) -> Expectation | None:
    keys = node.section("expect")
    if not keys:
        if keys is not None:
            node.note(Code.NEVER, "a case that expects nothing tests nothing")
        return None
    rules = [rule.id for rule in policy.rules]
    budgets = [budget.name for budget in policy.budgets]
    named = [*rules, *budgets, *(f"defaults.{key}" for key in Defaults.__slots__)]

    def names(name: str, allowed: list[str]) -> tuple[str, ...] | None:
        if name not in keys:
            return None
        if keys[name].value == []:
            return ()
        return tuple(rule for item in keys[name].items("[a-rule]") or () if (rule := known(item, allowed, "rule")))

    actions = None
    if "actions" in keys:
        actions = {}
        for entity_type, item in keys["actions"].named("operators").items():
            known(replace(item, value=entity_type), [*entity_types(), *item.own_types], "entity type")
            actions[entity_type] = item.choice([*Operator, "none"]) or ""
    return Expectation(
        effect=keys["effect"].choice(EFFECTS) if "effect" in keys else None,
        rules=names("rules", named),
        matched=names("matched", [*rules, *budgets]),
        monitored=names("monitored", [*rules, *budgets]),
        to=known(keys["to"], policy.models, "model") if "to" in keys else None,
        actions=actions,
    )
