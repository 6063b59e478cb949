"""Whether a condition holds for an inquiry, field by field. Pure; used by `evaluate` and `explain` alike."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal, assert_never, get_args

from configs.hosts import provider_of_host
from policy.decision import EntityFact, Inquiry
from policy.model import Condition, EntityTest

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
    "clients",
    "tools",
    "times",
    "bytes",
    "streaming",
    "uninspected",
]

_UNSTATED = ((), None)
FIELDS: tuple[Field, ...] = get_args(Field.__value__)


def holds(condition: Condition, inquiry: Inquiry) -> bool:
    """Whether every stated field holds."""
    return all(field_holds(name, condition, inquiry) for name in stated(condition))


def stated(condition: Condition) -> list[Field]:
    """The fields that a condition asks for. `roles` belongs to `entities`."""
    return [name for name in FIELDS if getattr(condition, name) not in _UNSTATED]


def field_holds(name: Field, condition: Condition, inquiry: Inquiry) -> bool:
    """Whether one field holds: any of its entries does."""
    match name:
        case "departments":
            return inquiry.department in condition.departments
        case "users":
            return inquiry.user is not None and inquiry.user.casefold() in map(str.casefold, condition.users)
        case "entities":
            return any(entity_holds(test, condition.roles, inquiry) for test in condition.entities)
        case "labels":
            return any(
                label.name == test.name and label.score >= test.min_score
                for test in condition.labels
                for label in inquiry.labels
            )
        case "tasks":
            wanted = {task.casefold() for task in condition.tasks}
            return any(task.casefold() in wanted for task in inquiry.tasks)
        case "models":
            return _any_glob(condition.models, inquiry.model)
        case "providers":
            return provider_of(inquiry) in condition.providers
        case "hosts":
            return _any_glob(condition.hosts, inquiry.host.rstrip("."))
        case "endpoints":
            return _any_glob(condition.endpoints, inquiry.endpoint)
        case "dialects":
            return _any_glob(condition.dialects, inquiry.dialect)
        case "regions":
            return inquiry.region in condition.regions
        case "outside_regions":
            return inquiry.region not in condition.outside_regions
        case "clients":
            return _any_glob(condition.clients, inquiry.client)
        case "tools":
            return any(_any_glob(condition.tools, tool) for tool in inquiry.tools)
        case "times":
            return inquiry.at is not None and any(window.holds(inquiry.at) for window in condition.times)
        case "bytes":
            return condition.bytes is None or condition.bytes.holds(inquiry.bytes)
        case "streaming":
            return inquiry.streaming is condition.streaming
        case "uninspected":
            return any(test.covers(part) for test in condition.uninspected for part in inquiry.skipped)
        case _:
            assert_never(name)


def entity_holds(test: EntityTest, roles: Sequence[str], inquiry: Inquiry) -> bool:
    """Whether enough findings count for one entry of `entities`."""
    return len(counting(test, roles, inquiry)) >= test.min_count


def counting(test: EntityTest, roles: Sequence[str], inquiry: Inquiry) -> list[EntityFact]:
    """The findings that count for one entry."""
    return [
        fact
        for fact in inquiry.entities
        if test.covers(fact.entity_type, fact.score) and (not roles or fact.role in roles)
    ]


def provider_of(inquiry: Inquiry) -> str:
    """Who is behind the host; for hosts that nobody knows, whose wire format the request is in.

    Many vendors speak OpenAI's format: a rule on `openai` must not hold for them, nor one on them be missed.
    """
    return provider_of_host(inquiry.host) or inquiry.provider


def _any_glob(patterns: Sequence[str], text: str) -> bool:
    return any(fnmatchcase(text.casefold(), pattern.casefold()) for pattern in patterns)
