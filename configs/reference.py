"""The tables of settings (docs/settings.md) and hosts (docs/dialects.md): `python -m configs.reference` prints them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from configs.hosts import shipped_entries
from configs.settings import Section, Settings


def settings_table() -> str:
    """One row for each setting: key, default, what it is."""
    rows = [
        f"| `{key}` | {_default(field.get_default(call_default_factory=True))} | {field.description} |"
        for key, field in leaves(Settings)
    ]
    return "\n".join(["| key | default | what it is |", "| --- | --- | --- |", *rows, ""])


def hosts_table() -> str:
    """One row for each entry of the shipped table of hosts."""
    rows = [
        f"| `{entry.provider}` | {entry.dialect} | {entry.region or 'not known'} |"
        f" {', '.join(f'`{pattern}`' for pattern in entry.hosts)} |"
        for entry in shipped_entries()
    ]
    return "\n".join(["| provider | dialect | region | hosts |", "| --- | --- | --- | --- |", *rows, ""])


def leaves(section: type[Section], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting that is no section, by its dotted key."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if value in ({}, []):
        return "empty"
    return f"`{value if isinstance(value, (str, Path)) else json.dumps(value)}`"


if __name__ == "__main__":
    print(settings_table(), hosts_table(), sep="\n", end="")  # noqa: T201 - the module is run for this
