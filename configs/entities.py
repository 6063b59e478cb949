"""The entity types that Privet knows, and the groups that policies name them by (`entities.yaml` beside this file)."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from configs.yaml_source import parse_yaml

OWN_GROUP = "COMPANY"
"""The group of what a company registered itself, types that it named itself included."""

OWN_TYPE = re.compile(r"(?=.{2,40}$)[A-Z]+(?:_[A-Z]+)*")
"""How a company may call a type: as tokens can show it."""


@cache
def entity_types() -> Mapping[str, str]:
    """Entity type → one line that says what it is."""
    data = _data()["types"]
    return {name: str(entry["what"]) for name, entry in data.items()}


@cache
def entity_groups() -> Mapping[str, frozenset[str]]:
    """Group name → the entity types in it. `"*"` in a policy means all of `entity_types`."""
    groups: dict[str, set[str]] = {}
    for name, entry in _data()["types"].items():
        for group in entry["groups"]:
            groups.setdefault(group, set()).add(name)
    return {name: frozenset(members) for name, members in groups.items()}


@cache
def sensitive_types() -> frozenset[str]:
    """The types that identify a person, open a door or are the company's own: what `privet scan` fails on."""
    groups = entity_groups()
    return groups["PII"] | groups["SECRETS"] | groups[OWN_GROUP]


@cache
def thresholds() -> Mapping[str, float]:
    """Entity type → the score under which a detector's finding is dropped."""
    return {name: float(entry.get("min_score", 0.5)) for name, entry in _data()["types"].items()}


@cache
def _data() -> dict[str, Any]:
    text = files("configs").joinpath("entities.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text, "configs/entities.yaml").data
    return data
