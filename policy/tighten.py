"""Whether a rule that overrides a parent's rule of the same id asks for at least as much. Pure.

An overriding rule replaces the other one whole. It may apply to more requests, have a stronger effect and de-identify
more; it may never apply to fewer, nor have its effect or an obligation weakened.
"""

from collections.abc import Callable, Sequence

from policy.actions import STRENGTH, rule_actions
from policy.decision import Action, Effect, Mode
from policy.model import Condition, EntityTest, Rule, SizeTest, SkipTest

_GLOBS = ("models", "hosts", "endpoints", "dialects", "clients", "tools")
_PLAIN = ("departments", "users", "tasks", "providers", "regions", "languages", "times", *_GLOBS)


def weaknesses(parent: Rule, child: Rule, default: Effect) -> list[str]:
    """What the child asks less of than the parent; empty if nothing. `default` is the policy's `defaults.effect`."""
    found = []
    if child.effect < parent.effect:
        found.append(f"its effect is {child.effect.name.lower()}, weaker than {parent.effect.name.lower()}")
    if child.mode is Mode.MONITOR and parent.mode is Mode.ENFORCE:
        found.append("it only monitors, the other enforces")
    found += [f"it doesn't speak of a {direction.value}" for direction in parent.on if direction not in child.on]
    found += [f"its condition holds for fewer requests ({name})" for name in narrower(parent.when, child.when)]
    if child.effect is parent.effect is Effect.REROUTE and child.to != parent.to:
        found.append(f"it reroutes to {child.to}, the other to {parent.to}")
    if child.effect is not Effect.BLOCK:
        if default is Effect.BLOCK and child.effect < Effect.REROUTE and _permits_more(parent, child):
            found.append("it allows requests that the other leaves to defaults.effect, which is block")
        if child.answers and (not parent.answers or _otherwise(parent, child)):
            found.append("it speaks of uninspected parts that the other leaves to the defaults")
        found += _lost_actions(parent, child)
    return found


def _permits_more(parent: Rule, child: Rule) -> bool:
    return child.permits and (not parent.permits or _otherwise(parent, child))


def _otherwise(parent: Rule, child: Rule) -> bool:
    """Whether the child speaks of other requests or replies; a parent that only monitors doesn't speak at all."""
    return child.when != parent.when or child.on != parent.on or child.mode is not parent.mode


def narrower(parent: Condition, child: Condition) -> list[str]:
    """The fields by which the child's condition holds for fewer requests than the parent's."""
    found = [name for name in _PLAIN if not _wider(getattr(parent, name), getattr(child, name), _same)]
    if not _wider(parent.labels, child.labels, lambda a, b: a.name == b.name and b.min_score <= a.min_score):
        found.append("labels")
    if child.outside_regions and not (parent.outside_regions and {*child.outside_regions} <= {*parent.outside_regions}):
        found.append("outside_regions")
    if child.outside_languages and not (
        parent.outside_languages and {*child.outside_languages} <= {*parent.outside_languages}
    ):
        found.append("outside_languages")
    if child.bytes is not None and not (parent.bytes is not None and _holds_more(parent.bytes, child.bytes)):
        found.append("bytes")
    if child.streaming is not None and child.streaming is not parent.streaming:
        found.append("streaming")
    if child.budget is not None and not (
        parent.budget is not None and parent.budget.id == child.budget.id and child.budget.above <= parent.budget.above
    ):
        found.append("budget")
    if not _wider(parent.uninspected, child.uninspected, _covers_skip):
        found.append("uninspected")
    if not _wider(parent.entities, child.entities, _covers):
        found.append("entities")
    elif child.entities and not _wider(parent.roles, child.roles, _same):
        found.append("roles")
    return found


def _wider[T](parent: Sequence[T], child: Sequence[T], covers: Callable[[T, T], bool]) -> bool:
    """Whether every entry of the parent is covered by one of the child's; no entries at all hold for everything."""
    if not child:
        return True
    return bool(parent) and all(any(covers(mine, theirs) for theirs in child) for mine in parent)


def _same(parent: object, child: object) -> bool:
    return child in (parent, "*")


def _covers(parent: EntityTest, child: EntityTest) -> bool:
    known = all(name in child.scores and child.scores[name] <= score for name, score in parent.scores.items())
    unknown = child.name == "*" or parent.name != "*"
    fewer = child.min_count <= parent.min_count and child.min_distinct <= parent.min_distinct
    return known and unknown and fewer


def _holds_more(parent: SizeTest, child: SizeTest) -> bool:
    return child.least <= parent.least and (
        child.most is None or (parent.most is not None and parent.most <= child.most)
    )


def _covers_skip(parent: SkipTest, child: SkipTest) -> bool:
    return child.reason is parent.reason and (
        not child.media or (bool(parent.media) and {*parent.media} <= {*child.media})
    )


def _lost_actions(parent: Rule, child: Rule) -> list[str]:
    mine = {action.entity_type: action for action in rule_actions(child)}
    return [
        f"it does less to {action.entity_type}"
        for action in rule_actions(parent)
        if (other := mine.get(action.entity_type)) is None or _less(action, other)
    ]


def _less(parent: Action, child: Action) -> bool:
    if child.min_score > parent.min_score or STRENGTH[child.operator] < STRENGTH[parent.operator]:
        return True
    if child.operator.reversible and parent.operator.reversible and child.restore and not parent.restore:
        return True
    return child.operator is parent.operator and child.keep_last > parent.keep_last
