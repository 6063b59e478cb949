"""YAML files → `Policy`: parents followed, everything merged and checked; or `SourceError` with every mistake."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from configs.entities import entity_types
from configs.hosts import HostEntry
from configs.yaml_source import KeyPath, Problem, SourceError, YamlSource, load_yaml
from policy.decision import Mode
from policy.merge import Merged, Placed, merge
from policy.model import Budget, Condition, Defaults, Policy, Rule
from policy.read import PolicyFile, read_policy
from policy.vocabulary import BUILTIN, DEFAULT_DEPARTMENT, PACKS, PROVIDERS, VENDOR, Code, nearest

MAX_DEPTH = 3  # levels of parents: what a policy inherits stays readable


def load_policy(
    path: Path,
    hosts: Iterable[HostEntry] = (),
    own_types: Iterable[str] = (),
    own_labels: Iterable[str] = (),
) -> Policy:
    """Read a policy and all that it extends. Raises `SourceError` with every problem of every file.

    `hosts` are the settings' own entries: rules may name their providers too. `own_types` are entity types that the
    company named itself (`detectors.own`), `own_labels` are labels that it taught the document classifier: rules may
    name them like any other.
    """
    providers = tuple(sorted({*PROVIDERS, *(entry.provider for entry in hosts)}))
    reading = _Reading(providers, frozenset(own_types) - entity_types().keys(), tuple(own_labels))
    merged = reading.read(path, ())
    problems = [*reading.problems(), *_check_overlaps(merged)]
    if reading.complete:
        problems += _check_names(merged)
    if problems:
        raise SourceError(sorted(set(problems)))
    policy = Policy(
        id=merged.file.id,
        revision="",
        mode=merged.mode or Mode.ENFORCE,
        defaults=Defaults(**merged.defaults),
        departments=MappingProxyType(merged.departments),
        models=MappingProxyType(merged.models),
        rules=tuple(placed.rule for placed in merged.rules.values()),
        budgets=tuple(placed.rule for placed in merged.budgets.values()),
        record_reasons=bool(merged.record_reasons),
        default_department=merged.default_department or DEFAULT_DEPARTMENT,
        files=tuple(reading.files),
        own_types=reading.own_types,
        own_labels=reading.own_labels,
    )
    return replace(policy, revision=hashlib.sha256(canonical(policy)).hexdigest())


def pack_path(name: str) -> Path:
    """The file of a shipped pack."""
    return Path(str(files("configs").joinpath("policies", f"{name}.yaml")))


def canonical(policy: Policy) -> bytes:
    """The resolved policy as canonical JSON: what its revision is the hash of. Formatting and comments aren't in it."""
    document = {
        "id": policy.id,
        "mode": policy.mode.value,
        "defaults": {
            name: effect.name if (effect := getattr(policy.defaults, name)) is not None else None
            for name in Defaults.__slots__
        },
        "default_department": policy.default_department,
        "departments": {
            name: {"networks": sorted(map(str, one.networks)), "users": sorted(one.users)}
            for name, one in policy.departments.items()
        },
        "models": {
            name: [
                one.backend,
                one.model,
                list(one.base_urls),
                one.api_key_env,
                one.concurrency,
                one.queue,
                one.seconds,
                *([one.task, one.answerer, one.min_confidence, list(one.escalate), one.evidence] if one.task else []),
            ]
            for name, one in policy.models.items()
        },
        "rules": [_plain_rule(rule) for rule in policy.rules],
        "budgets": [_plain_budget(budget) for budget in policy.budgets],
        "record_reasons": policy.record_reasons,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "effect": None if rule.shape_only else rule.effect.name,
        "mode": rule.mode.value,
        "policy": rule.policy_id,
        "description": rule.description,
        "message": rule.message,
        "to": rule.to,
        "on": list(rule.on),
        "obligations": [
            [one.operator.value, sorted(one.types), one.everything, one.restore, one.keep_last]
            for one in rule.obligations
        ],
        "when": _plain_condition(rule.when),
    }


def _plain_budget(budget: Budget) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(budget, name) for name in Budget.__slots__}
    return {**plain, "when": _plain_condition(budget.when), "effect": budget.effect.name, "mode": budget.mode.value}


def _plain_condition(when: Condition) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(when, name) for name in Condition.__slots__}
    plain["entities"] = [
        [one.name, dict(one.scores), one.min_count, one.min_score, one.min_distinct] for one in when.entities
    ]
    plain["labels"] = [[one.name, one.min_score] for one in when.labels]
    plain["times"] = [str(one) for one in when.times]
    plain["budget"] = [when.budget.id, when.budget.above] if when.budget else None
    plain["bytes"] = [when.bytes.least, when.bytes.most] if when.bytes else None
    plain["uninspected"] = [[one.reason.value, list(one.media)] for one in when.uninspected]
    return plain


@dataclass(slots=True)
class _Reading:
    """The files of one policy: each is read once, and circles are noticed."""

    providers: tuple[str, ...]
    own_types: frozenset[str] = frozenset()
    own_labels: tuple[str, ...] = ()
    files: list[Path] = field(default_factory=list)
    complete: bool = True  # whether every parent could be read: else nobody knows which names are defined
    _read: dict[Path, PolicyFile] = field(default_factory=dict)
    _broken: list[Problem] = field(default_factory=list)

    def read(self, path: Path, below: tuple[Path, ...]) -> Merged:
        """A file and its parents. `below`: the files that extend it, the policy itself first."""
        key = path.resolve()
        if key not in self._read:
            self.files.append(path)
            self._read[key] = self._parse(path)
        file = self._read[key]
        below = (*below, key)
        return merge(file, [self._parent(file, path, name, at, below) for name, at in file.extends])

    def problems(self) -> list[Problem]:
        """Every problem of every file."""
        return [*self._broken, *(problem for file in self._read.values() for problem in file.problems)]

    def _parse(self, path: Path) -> PolicyFile:
        try:
            return read_policy(load_yaml(path), self.providers, self.own_types, self.own_labels)
        except SourceError as error:
            self.complete = False
            self._broken += error.problems
        except RecursionError:  # an alias that holds itself
            self.complete = False
            self._broken.append(Problem(str(path), 1, 1, "nested too deeply"))
        return PolicyFile(YamlSource(str(path), None, None), [])

    def _parent(self, file: PolicyFile, path: Path, name: str, at: KeyPath, below: tuple[Path, ...]) -> Merged:
        def refuse(message: str) -> Merged:
            self.complete = False
            file.problems.append(file.source.problem(at, f"{Code.EXTENDS}: {message}"))
            return Merged(PolicyFile(file.source, []))

        if name.startswith(BUILTIN):
            pack = name.removeprefix(BUILTIN)
            if pack not in PACKS:
                hint = nearest(pack, PACKS).replace("mean ", f"mean {BUILTIN}")
                return refuse(f"no pack is called {name!r}{hint or f'. Known: {", ".join(PACKS)}'}")
            return self.read(pack_path(pack), below)
        parent = path.parent / name
        if Path(name).is_absolute():
            return refuse(f"expected a path relative to this file, got {name!r}")
        if parent.resolve() in below:
            return refuse(f"{name} extends this file in turn: a circle")
        if len(below) > MAX_DEPTH:
            return refuse(f"more than {MAX_DEPTH} levels of parents: let this policy extend fewer")
        if not _is_file(parent):
            hint = f". Did you mean {BUILTIN}{name}?" if name in PACKS else ""
            return refuse(f"no such file: {name}{hint}")
        return self.read(parent, below)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _check_names(merged: Merged) -> list[Problem]:
    """Departments and models that rules name and nothing defines."""
    problems = []
    departments = [*merged.departments]
    if (default := merged.default_department or DEFAULT_DEPARTMENT) == DEFAULT_DEPARTMENT:
        departments.append(default)
    models = list(merged.models)

    def unknown(source: YamlSource, path: KeyPath, what: str, name: str, known: list[str]) -> Problem:
        listed = f". Known: {', '.join(known)}" if known else f". Define it in {what}s"
        return source.problem(
            path, f"{Code.UNKNOWN_NAME}: no {what} is called {name!r}{nearest(name, known) or listed}"
        )

    for owner in merged.files:
        for model in owner.models.values():
            for index, other in enumerate(model.escalate):
                at: KeyPath = ("models", model.name, "escalate", index)
                if other not in {*models, VENDOR}:
                    problems.append(unknown(owner.source, at, "model", other, [*models, VENDOR]))
                elif other != VENDOR and merged.models[other].backend == "task":
                    message = f"{Code.NEVER}: {other} does one task itself: expected a larger model, or {VENDOR}"
                    problems.append(owner.source.problem(at, message))
    file = merged.file
    if (name := merged.default_department) is not None and name not in departments:
        problems.append(unknown(file.source, ("default_department",), "department", name, departments))
    placings: list[Placed[Rule] | Placed[Budget]] = [*merged.rules.values(), *merged.budgets.values()]
    for placed in placings:
        one, source = placed.rule, placed.file.source
        if one.when.budget is not None and one.when.budget.id not in merged.budgets:
            path = (*placed.path, "when", "budget", "id")
            problems.append(unknown(source, path, "budget", one.when.budget.id, list(merged.budgets)))
        for index, name in enumerate(one.when.departments):
            if name not in departments:
                path = (*placed.path, "when", "departments", index)
                problems.append(unknown(source, path, "department", name, departments))
        if one.to is not None and one.to not in models:
            below = _to_path(source, placed.path) if isinstance(one, Rule) else ("to",)
            problems.append(unknown(source, (*placed.path, *below), "model", one.to, models))
    return problems


def _to_path(source: YamlSource, path: KeyPath) -> KeyPath:
    """Where a rule says `to`."""
    rule = source.data
    for key in path:
        rule = rule[key]
    index = next((index for index, item in enumerate(rule["obligations"]) if "to" in item), 0)
    return ("obligations", index, "to")


def _check_overlaps(merged: Merged) -> list[Problem]:
    """Users and networks in two departments: nobody could say which rules hold for them."""
    problems = []
    owners: dict[object, str] = {}
    for file in merged.files:
        for name, department in file.departments.items():
            for kind, members in (("users", department.users), ("networks", department.networks)):
                for index, member in enumerate(members):
                    owner = owners.setdefault(member.casefold() if isinstance(member, str) else member, name)
                    if owner != name:
                        message = f"{Code.OVERLAP}: {member} is in department {owner!r} too. Keep one"
                        problems.append(file.source.problem(("departments", name, kind, index), message))
    return problems
