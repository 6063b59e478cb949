"""Whether a condition holds for an inquiry, field by field. Pure; used by `evaluate` and `explain` alike."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache

from configs.hosts import provider_of_host
from policy.decision import EntityFact, Inquiry
from policy.model import Condition, EntityTest, Field
from policy.vocabulary import EVERYTHING


def holds(condition: Condition, inquiry: Inquiry) -> bool:
    """Whether every stated field holds."""
    return all_hold(condition.stated(), condition, inquiry)


def all_hold(fields: Iterable[Field], condition: Condition, inquiry: Inquiry) -> bool:
    """Whether these fields hold."""
    for name in fields:  # noqa: SIM110 - a generator takes half as long again, for each rule of each request
        if not _TESTS[name](condition, inquiry):
            return False
    return True


def field_holds(name: Field, condition: Condition, inquiry: Inquiry) -> bool:
    """Whether one field holds: any of its entries does."""
    return _TESTS[name](condition, inquiry)


def entity_holds(test: EntityTest, roles: Sequence[str], inquiry: Inquiry) -> bool:
    """Whether enough findings count for one entry of `entities`."""
    if test.min_distinct > 1:
        counted = counting(test, roles, inquiry)
        return len(counted) >= test.min_count and distinct(counted) >= test.min_distinct
    missing = test.min_count
    for name, facts in inquiry.by_type.items():
        low = test.scores.get(name)
        if low is None:
            if test.name != EVERYTHING:
                continue
            low = test.min_score or 0.0
        missing -= sum(fact.score >= low and (not roles or fact.role in roles) for fact in facts)
        if missing <= 0:
            return True
    return False


def counting(test: EntityTest, roles: Sequence[str], inquiry: Inquiry) -> list[EntityFact]:
    """The findings that count for one entry."""
    return [
        fact
        for fact in inquiry.entities
        if test.covers(fact.entity_type, fact.score) and (not roles or fact.role in roles)
    ]


def distinct(facts: Iterable[EntityFact]) -> int:
    """How many different values they are. What nobody knows to be the same is different."""
    values = [fact.same for fact in facts]
    return len({value for value in values if value}) + values.count(0)


def provider_of(inquiry: Inquiry) -> str:
    """Who is behind the host; for hosts that nobody knows, whose wire format the request is in.

    Many vendors speak OpenAI's format: a rule on `openai` must not hold for them, nor one on them be missed.
    """
    return provider_of_host(inquiry.host) or inquiry.provider


def _any_glob(patterns: tuple[str, ...], text: str) -> bool:
    return _expression(patterns).match(text.casefold()) is not None


@lru_cache(maxsize=4096)  # a policy's own globs, never what somebody sends
def _expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.casefold()) for pattern in patterns))


def _users(condition: Condition, inquiry: Inquiry) -> bool:
    return inquiry.user is not None and inquiry.user.casefold() in map(str.casefold, condition.users)


def _labels(condition: Condition, inquiry: Inquiry) -> bool:
    return any(
        label.name == test.name and label.score >= test.min_score
        for test in condition.labels
        for label in inquiry.labels
    )


def _tasks(condition: Condition, inquiry: Inquiry) -> bool:
    wanted = {task.casefold() for task in condition.tasks}
    return any(task.casefold() in wanted for task in inquiry.tasks)


def _times(condition: Condition, inquiry: Inquiry) -> bool:
    return inquiry.at is not None and any(window.holds(inquiry.at) for window in condition.times)


# A table rather than a `match`: which of twenty cases it is would be asked for each rule of each request.
_TESTS: Mapping[Field, Callable[[Condition, Inquiry], bool]] = {
    "departments": lambda when, asked: asked.department in when.departments,
    "users": _users,
    "entities": lambda when, asked: any(entity_holds(test, when.roles, asked) for test in when.entities),
    "labels": _labels,
    "tasks": _tasks,
    "models": lambda when, asked: _any_glob(when.models, asked.model),
    "providers": lambda when, asked: provider_of(asked) in when.providers,
    "hosts": lambda when, asked: _any_glob(when.hosts, asked.host.rstrip(".")),
    "endpoints": lambda when, asked: _any_glob(when.endpoints, asked.endpoint),
    "dialects": lambda when, asked: _any_glob(when.dialects, asked.dialect),
    "regions": lambda when, asked: asked.region in when.regions,
    "outside_regions": lambda when, asked: asked.region not in when.outside_regions,
    "languages": lambda when, asked: any(name in when.languages for name in asked.languages),
    "outside_languages": lambda when, asked: any(name not in when.outside_languages for name in asked.languages),
    "clients": lambda when, asked: _any_glob(when.clients, asked.client),
    "tools": lambda when, asked: any(_any_glob(when.tools, tool) for tool in asked.tools),
    "times": _times,
    "bytes": lambda when, asked: when.bytes is None or when.bytes.holds(asked.bytes),
    "streaming": lambda when, asked: asked.streaming is when.streaming,
    "budget": lambda when, asked: when.budget is None or asked.used.get(when.budget.id, 0.0) > when.budget.above,
    "uninspected": lambda when, asked: any(t.covers(part) for t in when.uninspected for part in asked.skipped),
}
