"""`evaluate(policy, inquiry) -> Decision`: what a policy says of a request or a reply. Pure, and free of order.

The strongest effect of all matching rules wins; obligations add up. docs/policy.md has the whole semantics.
"""

from collections import Counter

from configs.entities import entity_types
from policy.actions import combine, rule_actions
from policy.decision import MONITORED, Action, Decision, Direction, Effect, Inquiry, Mode
from policy.match import all_hold
from policy.model import Budget, Policy, Rule
from policy.vocabulary import EVERYTHING

BY_DEFAULT = "defaults.effect"
BY_ERROR = "defaults.when_error"
_REMEMBERED = 1000  # sets of rules whose actions are kept: the same few rules apply again and again


def evaluate(policy: Policy, inquiry: Inquiry, *, decision_id: str) -> Decision:
    """The decision on one request, or on the reply to it. A reply of which nobody speaks passes, by no rule at all."""
    held = [rule for rule, fields in policy.spoken(inquiry.direction) if all_hold(fields, rule.when, inquiry)]
    counted = [rule for rule in held if rule.mode is Mode.ENFORCE]
    spent = [budget for budget in policy.budgets if budget.id in inquiry.spent]
    effect, determining = _effect(policy, inquiry, counted, [one for one in spent if one.mode is Mode.ENFORCE])
    decisive: list[Rule | Budget] = [rule for rule in counted if rule.id in determining]
    decisive += [budget for budget in spent if budget.name in determining]
    reroute_to = next((one.to for one in decisive), None) if effect is Effect.REROUTE else None
    if effect is Effect.REROUTE and inquiry.error is not None:
        # It must stay inside, and nobody could read what the model inside should answer.
        effect, reroute_to = Effect.BLOCK, None
    return Decision(
        id=decision_id,
        effect=effect,
        mode=policy.mode,
        policy_id=policy.id,
        policy_revision=policy.revision,
        department=inquiry.department,
        actions=() if effect in (Effect.BLOCK, Effect.JUSTIFY) else _actions(policy, counted, inquiry),
        determining_rules=determining,
        matched_rules=(
            *(rule.id if rule.mode is Mode.ENFORCE else MONITORED + rule.id for rule in held),
            *(one.name if one.mode is Mode.ENFORCE else MONITORED + one.name for one in spent),
        ),
        reroute_to=reroute_to,
        message=" ".join(dict.fromkeys(one.message for one in decisive if one.message)) or None,
        justified_rules=tuple(rule.id for rule in counted if _is_justified(rule, inquiry)),
        entity_counts=dict(sorted(Counter(fact.entity_type for fact in inquiry.entities).items())),
    )


def _effect(
    policy: Policy, inquiry: Inquiry, counted: list[Rule], spent: list[Budget]
) -> tuple[Effect, tuple[str, ...]]:
    """The strongest effect, and everything that asks for it."""
    votes = [
        (Effect.ALLOW if _is_justified(rule, inquiry) else rule.effect, rule.id)
        for rule in counted
        if not rule.shape_only
    ]
    votes += [(budget.effect, budget.name) for budget in spent]
    default = policy.defaults.effect
    asked = inquiry.direction is Direction.REQUEST and not any(rule.permits for rule in counted)
    if asked and default > max((vote for vote, _ in votes), default=-1):
        votes.append((default, BY_DEFAULT))
    answered = [test for rule in counted for test in rule.answers]
    left = {policy.defaults.for_part(part) for part in inquiry.skipped if not any(t.covers(part) for t in answered)}
    votes += [(effect, f"defaults.{key}") for key, effect in sorted(left, reverse=True)]
    if inquiry.error is not None:
        votes.append((policy.defaults.when_error, BY_ERROR))
    effect = max((vote for vote, _ in votes), default=Effect.ALLOW)
    return effect, tuple(name for vote, name in votes if vote is effect)


def _is_justified(rule: Rule, inquiry: Inquiry) -> bool:
    return rule.effect is Effect.JUSTIFY and (rule.id in inquiry.justified or EVERYTHING in inquiry.justified)


def _actions(policy: Policy, counted: list[Rule], inquiry: Inquiry) -> tuple[Action, ...]:
    shaping = [rule for rule in counted if rule.obligations]
    if not shaping:
        return ()
    found = frozenset(fact.entity_type for fact in inquiry.entities if fact.entity_type not in entity_types())
    key = (tuple(rule.id for rule in shaping), found)
    known = policy.combined.get(key)
    if known is None:
        if len(policy.combined) >= _REMEMBERED:
            policy.combined.clear()
        known = combine([action for rule in shaping for action in rule_actions(rule, found)])
        policy.combined[key] = known
    return known
