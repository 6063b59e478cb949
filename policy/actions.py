"""From obligations to actions: what is done to the findings of each entity type. Pure and free of order.

Per type the strongest operator that any rule asks for is done, to every finding that any of those rules asks about: two
rules together never do less than either alone.
"""

from collections.abc import Iterable, Sequence

from configs.entities import thresholds
from policy.decision import Action, Operator
from policy.model import Rule

STRENGTH = {operator: strength for strength, operator in enumerate(Operator)}  # Operator is declared in rising strength


def rule_actions(rule: Rule, found: Iterable[str] = ()) -> tuple[Action, ...]:
    """What one rule asks for. `found`: entity types that were found, for `*` to cover those no table knows."""
    actions = [
        Action(
            entity_type=name,
            operator=obligation.operator,
            min_score=score_for(rule, name),
            rule_id=rule.id,
            restore=obligation.restore and obligation.operator.reversible,
            keep_last=obligation.keep_last,
        )
        for obligation in rule.obligations
        for name in sorted({*obligation.types, *(found if obligation.everything else ())})
    ]
    return combine(actions)


def score_for(rule: Rule, entity_type: str) -> float:
    """From which score a rule's obligations reach a type: the lowest its condition names, else the threshold."""
    tests = rule.when.entities
    named = [test.scores[entity_type] for test in tests if entity_type in test.scores]
    if named:
        return min(named)
    return thresholds().get(entity_type, 0.0)


def combine(actions: Sequence[Action]) -> tuple[Action, ...]:
    """One action per type: the strongest operator, the lowest score, the least restored, the least kept."""
    by_type: dict[str, list[Action]] = {}
    for action in actions:
        by_type.setdefault(action.entity_type, []).append(action)
    return tuple(_strictest(group) for _, group in sorted(by_type.items()))


def _strictest(group: Sequence[Action]) -> Action:
    operator = max((action.operator for action in group), key=STRENGTH.__getitem__)
    doing = [action for action in group if action.operator is operator]
    # A rule that wants no token turned back doesn't want a surrogate turned back either.
    returning = [action for action in group if action.operator.reversible] if operator.reversible else doing
    return Action(
        entity_type=group[0].entity_type,
        operator=operator,
        min_score=min(action.min_score for action in group),
        rule_id=min(action.rule_id for action in doing),
        restore=all(action.restore for action in returning),
        keep_last=min(action.keep_last for action in doing),
    )
