"""`explain(policy, inquiry) -> Explanation`: every rule, every part of its condition, why it holds or not, the outcome.

It asks the same functions as `evaluate`, so that it can't tell another story. There is no text of a request in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from detectors.finding import Skipped
from policy.decision import Action, Decision, Direction, Effect, Inquiry, Mode
from policy.evaluate import evaluate
from policy.match import counting, field_holds, holds, provider_of
from policy.model import Budget, Condition, EntityTest, Field, Policy, Rule, SizeTest, SkipTest


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a condition."""

    field: str
    wanted: str
    found: str
    holds: bool


@dataclass(frozen=True, slots=True)
class RuleExplanation:
    """One rule and what came of it."""

    id: str
    policy_id: str
    description: str
    parts: tuple[Part, ...]  # none: the rule always applies
    holds: bool
    asks: str  # what the rule asks for
    outcome: str  # what it did to the decision


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision and how it came about."""

    decision: Decision
    rules: tuple[RuleExplanation, ...]
    summary: tuple[str, ...]


def explain(policy: Policy, inquiry: Inquiry, *, decision_id: str = "explained") -> Explanation:
    """Why a policy decides as it does."""
    decision = evaluate(policy, inquiry, decision_id=decision_id)
    rules = tuple(_rule(rule, inquiry, decision) for rule in policy.rules)
    return Explanation(decision, rules, _summary(policy, inquiry, decision))


def _rule(rule: Rule, inquiry: Inquiry, decision: Decision) -> RuleExplanation:
    parts = tuple(_part(name, rule.when, inquiry) for name in rule.when.stated())
    holds = inquiry.direction in rule.on and all(part.holds for part in parts)
    return RuleExplanation(
        id=rule.id,
        policy_id=rule.policy_id,
        description=rule.description,
        parts=parts,
        holds=holds,
        asks=_asks(rule),
        outcome=_outcome(rule, decision) if holds else _silent(rule, inquiry),
    )


def _part(name: Field, when: Condition, inquiry: Inquiry) -> Part:
    wanted, found = _wanted_and_found(name, when, inquiry)
    return Part(name, wanted, found or "none", field_holds(name, when, inquiry))


def _wanted_and_found(name: Field, when: Condition, inquiry: Inquiry) -> tuple[str, str]:
    match name:
        case "departments":
            return _any(when.departments), inquiry.department
        case "users":
            return _any(when.users), inquiry.user or ""
        case "entities":
            where = f" in {_any(when.roles)}" if when.roles else ""
            wanted = _any([_entity(test) for test in when.entities])
            return f"{wanted}{where}", "; ".join(_entity_found(test, when, inquiry) for test in when.entities)
        case "labels":
            wanted = _any([f"{label.name} from {label.min_score:g}" for label in when.labels])
            names = {label.name for label in when.labels}
            return wanted, ", ".join(f"{one.name} {one.score:.2f}" for one in inquiry.labels if one.name in names)
        case "tasks":
            return _any(when.tasks), ", ".join(inquiry.tasks)
        case "models":
            return _any(when.models), inquiry.model
        case "providers":
            return _any(when.providers), provider_of(inquiry)
        case "hosts":
            return _any(when.hosts), inquiry.host
        case "endpoints":
            return _any(when.endpoints), inquiry.endpoint
        case "dialects":
            return _any(when.dialects), inquiry.dialect
        case "regions":
            return _any(when.regions), inquiry.region
        case "outside_regions":
            return f"not {_any(when.outside_regions)}", inquiry.region
        case "languages":
            return _any(when.languages), ", ".join(inquiry.languages)
        case "outside_languages":
            return f"not {_any(when.outside_languages)}", ", ".join(inquiry.languages)
        case "clients":
            return _any(when.clients), inquiry.client
        case "tools":
            return _any(when.tools), ", ".join(inquiry.tools)
        case "times":
            return _any([str(window) for window in when.times]), inquiry.at.isoformat() if inquiry.at else ""
        case "bytes":
            return _size(when.bytes), str(inquiry.bytes)
        case "streaming":
            return str(when.streaming).lower(), str(inquiry.streaming).lower()
        case "budget":
            used = inquiry.used.get(when.budget.id, 0.0) if when.budget else 0.0
            return f"{when.budget.id} above {when.budget.above:.0%}" if when.budget else "", f"{used:.0%}"
        case "uninspected":
            return _any([_skip(test) for test in when.uninspected]), ", ".join(
                sorted(map(_part_words, inquiry.skipped))
            )
        case _:
            assert_never(name)


def _size(test: SizeTest | None) -> str:
    if test is None:
        return ""
    low = [f"at least {test.least}"] if test.least else []
    high = [f"at most {test.most}"] if test.most is not None else []
    return " and ".join([*low, *high])


def _skip(test: SkipTest) -> str:
    return f"{test.reason.value} {_any(test.media)}" if test.media else test.reason.value


def _part_words(part: Skipped) -> str:
    return f"{part.reason.value} {part.media_type}" if part.media_type else part.reason.value


def _entity(test: EntityTest) -> str:
    score = "" if test.min_score is None else f" from {test.min_score:g}"
    count = "" if test.min_count == 1 else f", {test.min_count} of them"
    different = "" if test.min_distinct == 1 else f", {test.min_distinct} different ones"
    return f"{test.name}{score}{count}{different}"


def _entity_found(test: EntityTest, when: Condition, inquiry: Inquiry) -> str:
    counted = counting(test, when.roles, inquiry)
    close = [fact for fact in inquiry.entities if fact.entity_type in test.scores and fact not in counted]
    kinds = sorted({fact.entity_type for fact in counted})
    text = f"{len(counted)} {test.name}"
    if counted:
        best = max(fact.score for fact in counted)
        text += f" ({', '.join(kinds)}; best {best:.2f})" if kinds != [test.name] else f" (best {best:.2f})"
    if close:
        text += f", {len(close)} not counted (too unsure, or in another role)"
    return text


def _asks(rule: Rule) -> str:
    asks = [] if rule.shape_only else [rule.effect.name.lower() + (f" to {rule.to}" if rule.to else "")]
    for one in rule.obligations:
        extra = "" if one.restore or not one.operator.reversible else ", not restored"
        extra += f", last {one.keep_last} kept" if one.keep_last else ""
        asks.append(f"{one.operator.value} {', '.join(one.written)}{extra}")
    return "; ".join(asks)


def _silent(rule: Rule, inquiry: Inquiry) -> str:
    if inquiry.direction not in rule.on:
        return f"does not apply: it speaks of a {' and a '.join(rule.on)}"
    return "does not apply"


def _outcome(rule: Rule, decision: Decision) -> str:
    if rule.mode is Mode.MONITOR:
        return "applies, but only monitors: it counts for nothing"
    done = []
    if rule.id in decision.justified_rules:
        done.append("asks why, and a reason was given")
    elif rule.id in decision.determining_rules:
        done.append("determines the effect")
    elif not rule.shape_only:
        done.append("applies, but something stronger decides")
    if rule.obligations:
        if decision.effect in (Effect.BLOCK, Effect.JUSTIFY):
            done.append("its obligations don't matter: nothing leaves")
        elif any(action.rule_id == rule.id for action in decision.actions):
            done.append("its obligations are carried out")
        else:
            done.append("another rule's obligations cover these types")
    return "; ".join(done) or "applies"


def _summary(policy: Policy, inquiry: Inquiry, decision: Decision) -> tuple[str, ...]:
    lines = []
    to = f" to {decision.reroute_to}" if decision.reroute_to else ""
    by = ", ".join(decision.determining_rules) or "no rule: nobody speaks of this reply"
    lines.append(f"{decision.effect.name.lower()}{to}, by {by}")
    found = {fact.entity_type for fact in inquiry.entities}
    lines += [describe(action) for action in decision.actions if action.entity_type in found]
    if inquiry.skipped:
        said = {policy.defaults.for_part(part) for part in inquiry.skipped}
        words = ", ".join(f"at least {_name(effect)} ({key})" for key, effect in sorted(said, reverse=True))
        lines.append(f"{len(inquiry.skipped)} part(s) uninspected: {words}, unless a rule speaks of them")
    if inquiry.error is not None:
        lines.append(f"an error inside: at least {_name(policy.defaults.when_error)}")
    if decision.effect is Effect.ALLOW and inquiry.direction is Direction.REQUEST:
        lines += [_counts(budget) for budget in policy.budgets if holds(budget.when, inquiry)]
    lines += [f"budget {budget_id} has nothing left" for budget_id in inquiry.spent]
    if decision.mode is Mode.MONITOR:
        lines.append("mode monitor: this is recorded, and the request goes as it is")
    return tuple(lines)


def _counts(budget: Budget) -> str:
    units = (("requests", budget.requests), ("bytes", budget.bytes), ("tokens", budget.tokens), ("USD", budget.usd))
    limits = [f"{number:g} {unit}" if unit == "USD" else f"{number} {unit}" for unit, number in units if number]
    per = " and ".join(budget.per)
    return f"counts towards budget {budget.id}: {' and '.join(limits)} a {budget.every} for each {per}"


def describe(action: Action) -> str:
    """An action in words."""
    extra = ", turned back in the reply" if action.restore else ""
    extra += f", last {action.keep_last} kept" if action.keep_last else ""
    return f"{action.operator.value} {action.entity_type} from {action.min_score:g}{extra}, by {action.rule_id}"


def _any(words: Sequence[str]) -> str:
    return " or ".join(words)


def _name(effect: Effect) -> str:
    return effect.name.lower()
