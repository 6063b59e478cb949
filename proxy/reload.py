"""Which settings may change while Privet serves. Pure: two settings in; what to use and what needs a restart out.

What listens, where files lie and which processes run is fixed when they start. What is looked up for each request can
change: limits, deadlines, identity, token scope and the time that a stop may take.
"""

from typing import Any

from configs.settings import Settings

# Dotted names; a section's name stands for all that is in it.
CHANGEABLE = (
    "limits",
    "tokens.scope",
    "drain",
    "detection.deadline",
    "classifier.deadline",
    "identity.trusted_clients",
    "identity.header",
    "identity.department_header",
)


def taken_over(old: Settings, new: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The settings to use from now on, and the names of those that differ but need a restart."""
    kept: list[str] = []
    merged = _merge(old, new, "", kept)
    return merged, tuple(kept)


def _merge(old: Any, new: Any, prefix: str, kept: list[str]) -> Any:
    changes = {}
    for name in type(old).model_fields:
        path = f"{prefix}{name}"
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if path in CHANGEABLE:
            changes[name] = after
        elif any(one.startswith(f"{path}.") for one in CHANGEABLE):
            changes[name] = _merge(before, after, f"{path}.", kept)
        else:
            kept.append(path)
    return old.model_copy(update=changes)
