"""A policy and its parents → one: rules add up, and nothing that a parent asks for is weakened (P007)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from configs.yaml_source import KeyPath
from detectors.finding import SkipReason
from policy.decision import Effect, Mode
from policy.model import Budget, Department, ModelTarget, Rule
from policy.read import PolicyFile
from policy.tighten import weaknesses
from policy.vocabulary import Code


@dataclass(frozen=True, slots=True)
class Placed[T]:
    """A rule or a budget, and where it was read."""

    rule: T
    file: PolicyFile
    path: KeyPath


@dataclass(slots=True)
class Merged:
    """What a file and its parents say together. What none of them states is None or absent."""

    file: PolicyFile
    mode: Mode | None = None
    defaults: dict[str, Effect] = field(default_factory=dict)
    default_department: str | None = None
    departments: dict[str, Department] = field(default_factory=dict)
    models: dict[str, ModelTarget] = field(default_factory=dict)
    rules: dict[str, Placed[Rule]] = field(default_factory=dict)
    budgets: dict[str, Placed[Budget]] = field(default_factory=dict)
    record_reasons: bool | None = None
    files: list[PolicyFile] = field(default_factory=list)  # parents before children, each once


def merge(file: PolicyFile, parents: list[Merged]) -> Merged:
    """The file on top of its parents. What doesn't go together is noted in the file's problems."""
    merged = Merged(file)
    for parent in parents:
        _add_parent(merged, parent)
    above = dict(merged.defaults)
    for parent in parents:
        for rule_id, placed in parent.rules.items():
            others = [other for other in parents if rule_id not in other.rules]
            if key := next((key for other in others if (key := _loosened(placed.rule, other.defaults))), None):
                message = f"rule {rule_id!r} of policy {placed.rule.policy_id!r} lets go what another of these blocks"
                _note(file, ("extends",), Code.WEAKENS, f"{message} by {key}")
    _add_settings(merged)
    for name, department in file.departments.items():
        _add_department(merged, name, department)
    for name, model in file.models.items():
        if merged.models.setdefault(name, model) != model:
            _note(file, ("models", name), Code.WEAKENS, f"model {name!r} is defined otherwise by a policy this extends")
    default = merged.defaults.get("effect", Effect.BLOCK)
    for rule, path in file.rules:
        inherited = merged.rules.get(rule.id)
        if inherited is not None and (weak := weaknesses(inherited.rule, rule, default)):
            where = f"the rule of policy {inherited.rule.policy_id!r} that it overrides"
            _note(file, (*path, "id"), Code.WEAKENS, f"rule {rule.id!r} weakens {where}: {'; '.join(weak)}")
        if inherited is None and (key := _loosened(rule, above)):
            message = f"rule {rule.id!r} lets go what a policy this extends blocks by {key}"
            _note(file, (*path, "id"), Code.WEAKENS, message)
        merged.rules[rule.id] = Placed(rule, file, path)
    for budget, path in file.budgets:
        if budget.id in merged.budgets:
            message = f"budget {budget.id!r} is in a policy that this extends. Give this one another id: both hold"
            _note(file, (*path, "id"), Code.DUPLICATE_ID, message)
        merged.budgets[budget.id] = Placed(budget, file, path)
    if not any(file is other for other in merged.files):
        merged.files.append(file)
    return merged


def _add_parent(merged: Merged, parent: Merged) -> None:
    file = merged.file
    for known in parent.files:
        if not any(known is other for other in merged.files):
            merged.files.append(known)
    if parent.mode is not None:
        merged.mode = Mode.ENFORCE if Mode.ENFORCE in (merged.mode, parent.mode) else Mode.MONITOR
    both = (merged.defaults, parent.defaults)
    clients = [effect for one in both if (effect := _stated(one, "unreadable_clients")) is not None]
    if any("unreadable_clients" in one for one in both):
        merged.defaults["unreadable_clients"] = max(clients)
    for key, effect in parent.defaults.items():
        merged.defaults[key] = max(effect, merged.defaults.get(key, effect))
    if parent.default_department is not None:
        if merged.default_department not in (None, parent.default_department):
            _note(file, ("extends",), Code.EXTENDS, "two of these policies name different default departments")
        merged.default_department = parent.default_department
    for name, department in parent.departments.items():
        _add_department(merged, name, department)
    for name, model in parent.models.items():
        if merged.models.setdefault(name, model) != model:
            _note(file, ("extends",), Code.DUPLICATE_ID, f"two of these policies define model {name!r} differently")
    for budget_id, budget in parent.budgets.items():
        if merged.budgets.setdefault(budget_id, budget).rule != budget.rule:
            _note(
                file, ("extends",), Code.DUPLICATE_ID, f"two of these policies define budget {budget_id!r} differently"
            )
    if parent.record_reasons is not None:
        merged.record_reasons = parent.record_reasons or bool(merged.record_reasons)
    for rule_id, placed in parent.rules.items():
        other = merged.rules.setdefault(rule_id, placed)
        if other.rule == placed.rule or not weaknesses(placed.rule, other.rule, Effect.BLOCK):
            continue
        if not weaknesses(other.rule, placed.rule, Effect.BLOCK):
            merged.rules[rule_id] = placed  # one branch has tightened what both inherit
            continue
        policies = f"{other.rule.policy_id!r} and {placed.rule.policy_id!r}"
        _note(file, ("extends",), Code.DUPLICATE_ID, f"rule {rule_id!r} is in {policies}. Give one another id")


def _add_settings(merged: Merged) -> None:
    file = merged.file
    if file.mode is Mode.MONITOR and merged.mode is Mode.ENFORCE:
        _note(file, ("mode",), Code.WEAKENS, "a policy this extends enforces. To try out rules, set their own mode")
    merged.mode = file.mode or merged.mode
    above = dict(merged.defaults)
    for key, effect in file.defaults.items():
        if (stated := _stated(above, key)) is not None and effect < stated:
            message = f"a policy this extends says {stated.name.lower()} for {key}"
            _note(file, ("defaults", key), Code.WEAKENS, message)
        merged.defaults[key] = effect
    if file.record_reasons is False and merged.record_reasons:
        _note(file, ("record_reasons",), Code.WEAKENS, "a policy this extends keeps the reasons that people give")
    merged.record_reasons = merged.record_reasons if file.record_reasons is None else file.record_reasons
    if file.default_department is not None:
        if merged.default_department not in (None, file.default_department):
            message = f"a policy this extends says {merged.default_department!r}"
            _note(file, ("default_department",), Code.WEAKENS, message)
        merged.default_department = file.default_department


def _stated(defaults: Mapping[str, Effect], key: str) -> Effect | None:
    """What is stated for a key; `unreadable_clients` is stated by `when_uninspected` too."""
    if key == "unreadable_clients":
        return defaults.get(key, defaults.get("when_uninspected"))
    return defaults.get(key)


def _loosened(rule: Rule, defaults: Mapping[str, Effect]) -> str | None:
    """The stated default in whose place a rule lets go what could not be inspected; None if there is none."""
    if rule.mode is Mode.MONITOR:
        return None
    keys = {
        "unreadable_clients" if test.reason is SkipReason.UNREADABLE_CLIENT else "when_uninspected"
        for test in rule.answers
    }
    return next((key for key in sorted(keys) if rule.effect < (_stated(defaults, key) or Effect.ALLOW)), None)


def _add_department(merged: Merged, name: str, department: Department) -> None:
    above = merged.departments.get(name, Department(name))
    merged.departments[name] = Department(
        name,
        tuple(dict.fromkeys((*above.networks, *department.networks))),
        tuple(dict.fromkeys((*above.users, *department.users))),
    )


def _note(file: PolicyFile, path: KeyPath, code: Code, message: str) -> None:
    file.problems.append(file.source.problem(path, f"{code}: {message}"))
