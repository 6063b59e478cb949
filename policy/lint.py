"""What is odd about a policy that can be used: rules that can never apply, never decide, or change nothing. Pure.

These are remarks, not mistakes: a policy may say less today than it will tomorrow. What can be told for sure is told.
"""

from collections.abc import Iterator

from configs.hosts import provider_of_host, region_of_host, shipped_entries
from policy.decision import Effect, Mode
from policy.model import Policy, Rule
from policy.tighten import narrower
from policy.vocabulary import VENDOR

_WILD = ("*", "?", "[")


def remarks(policy: Policy) -> tuple[str, ...]:
    """A line for everything that is odd, in the order of the rules."""
    return tuple(line for rule in policy.rules for line in _rule(policy, rule))


def _rule(policy: Policy, rule: Rule) -> Iterator[str]:
    name = f"rule {rule.id!r}"
    if why := _never(policy, rule):
        yield f"{name} never applies: {why}"
        return
    if missing := sorted({*rule.when.regions} - known_regions()):
        known = ", ".join(sorted(known_regions()))
        yield f"{name}: no host of the shipped table is in {', '.join(missing)}. Known: {known}"
    if rule.effect is Effect.ALLOW and rule.when.entities and not rule.shape_only and not rule.obligations:
        yield f"{name} changes nothing: what is found never permits, and it asks for nothing else"
    if rule.effect is Effect.ALLOW and rule.when.tasks and not rule.shape_only and not rule.obligations:
        yield f"{name} changes nothing: a client says what its task is, so a task never permits"
    target = policy.models.get(rule.to or "")
    if target is not None and VENDOR in target.escalate and (asks := _sensitive(rule)):
        yield f"{name}: {target.name} never escalates to the vendor here, since {asks} keep the request inside"
    if (over := _overruled(policy, rule)) is not None:
        yield f"{name} never decides: {over.id!r} says {over.effect.name.lower()} wherever it applies"


def _never(policy: Policy, rule: Rule) -> str | None:
    when = rule.when
    if when.regions and {*when.regions} <= {*when.outside_regions}:
        return "its regions are all among its outside_regions"
    if when.hosts and not any(sign in host for host in when.hosts for sign in _WILD):
        if when.providers and all(_other(provider_of_host(host), when.providers) for host in when.hosts):
            return "none of its hosts is one of its providers'"
        if when.regions and all(_other(region_of_host(host), when.regions) for host in when.hosts):
            return "none of its hosts is in one of its regions"
    if when.users and when.departments:
        homes = [policy.department_of(user, None) for user in when.users if _placed(policy, user)]
        if len(homes) == len(when.users) and not {*homes} & {*when.departments}:
            return "its users are all in other departments (unless a trusted gateway client names one of these)"
    return None


def _sensitive(rule: Rule) -> str:
    """What the rule asks for that keeps a request inside for good."""
    when = rule.when
    found = {"entities": when.entities, "labels": when.labels, "uninspected": when.uninspected}
    return " and ".join(name for name, stated in found.items() if stated)


def _other(known: str | None, wanted: tuple[str, ...]) -> bool:
    return bool(known) and known not in wanted


def _placed(policy: Policy, user: str) -> bool:
    folded = user.casefold()
    return any(folded == member.casefold() for one in policy.departments.values() for member in one.users)


def _overruled(policy: Policy, rule: Rule) -> Rule | None:
    """A stronger rule that applies wherever this one does, and leaves nothing of it."""
    for other in policy.rules:
        if other is rule or other.mode is Mode.MONITOR or rule.mode is Mode.MONITOR or not {*rule.on} <= {*other.on}:
            continue
        # Beside a reroute, obligations count, and so does what is said of uninspected parts. `justify` may be answered.
        silent = other.effect is Effect.BLOCK or not (rule.obligations or rule.answers)
        stronger = other.effect > max(rule.effect, Effect.JUSTIFY)
        if stronger and silent and not narrower(rule.when, other.when):
            return other
    return None


def known_regions() -> set[str]:
    """The regions that some host of the shipped table is in."""
    return {entry.region for entry in shipped_entries() if entry.region}
