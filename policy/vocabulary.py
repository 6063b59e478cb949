"""The words a policy may use beside its own names: effects, labels, roles, operators, shipped packs; and near misses.

Entity types and groups are `configs.entities`; models that Privet carries are `local_models.catalog`.
"""

import difflib
from collections.abc import Iterable
from enum import StrEnum

from configs.entities import OWN_GROUP, entity_groups, entity_types
from configs.hosts import llm_hosts
from policy.decision import Effect

SCHEMA = "privet.policy/1"
DEFAULT_DEPARTMENT = "default"
EVERYTHING = "*"
VENDOR = "vendor"  # in `escalate`: whom the request was for

EFFECTS = {effect.name.lower(): effect for effect in Effect}
CONFIDENTIAL = "confidential"  # what only the context makes so: a sentence's, where the others are a document's
LABELS = ("source_code", "hr", "medical", "legal", "financial", "customer", "public", CONFIDENTIAL)
ROLES = ("system", "user", "assistant", "tool", "metadata")
PACKS = ("gdpr", "hipaa", "pci", "secrets")
BUILTIN = "builtin/"

# What a request's dialect or its host's entry in configs/llm_hosts.yaml says; `generic` is all that nobody knows.
PROVIDERS = tuple(sorted({"openai", "anthropic", "gemini", "generic", *llm_hosts().values()}))

LABEL_SCORE = 0.5  # the score a label needs when a rule doesn't say


class Code(StrEnum):
    """What kind of mistake a policy has. Codes keep their meaning for ever; gaps are for later checks."""

    UNKNOWN_KEY = "P001"
    WRONG_VALUE = "P002"
    DUPLICATE_ID = "P004"
    UNKNOWN_NAME = "P005"
    EXTENDS = "P006"
    WEAKENS = "P007"
    NEVER = "P008"
    REROUTE = "P014"
    MASK = "P016"
    REPLY = "P017"
    OVERLAP = "P023"
    CHARACTERS = "P025"


CODES = {
    Code.UNKNOWN_KEY: "A key that the grammar doesn't have. The nearest one is named.",
    Code.WRONG_VALUE: "A value of the wrong type, out of its range, or missing.",
    Code.DUPLICATE_ID: "Two rules have the same id, in one file or in two that are extended side by side.",
    Code.UNKNOWN_NAME: "An entity type, group, label, role, department, model or pack that nothing defines.",
    Code.EXTENDS: "`extends` names a file that can't be used, goes round in a circle, or is more than 3 levels deep.",
    Code.WEAKENS: "A policy asks for less than one that it extends: a weaker effect, a narrower condition, and so on.",
    Code.NEVER: "Something that can never take effect: an empty list, obligations of a rule that blocks.",
    Code.REROUTE: "A reroute without its model, a model without a reroute, or one that isn't inside.",
    Code.MASK: "A mask that leaves too much readable.",
    Code.REPLY: "A rule on replies that asks for what only a request can have: a reroute, tokens or surrogates.",
    Code.OVERLAP: "The same user or network in two departments.",
    Code.CHARACTERS: "A control or direction character that makes a text read other than it is.",
}


def nearest(word: object, known: Iterable[str]) -> str:
    """`. Did you mean …?` for a word that is nearly a known one; empty if none is near."""
    if not isinstance(word, str):
        return ""
    folded = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    longer = [name for name in folded if len(word) > 2 and name.startswith(word.casefold())]
    best = next(iter([*close, *longer]), None)
    return f". Did you mean {folded[best]}?" if best else ""


def types_named(name: str, own: frozenset[str] = frozenset()) -> frozenset[str] | None:
    """The entity types that a type's name, a group's name or `*` stands for; None if it names none.

    A group that is called like a type (NATIONAL_ID) holds that type and more, so its name means the group. `own` are
    types that the company named itself.
    """
    if name == EVERYTHING:
        return frozenset(entity_types()) | own
    if name in entity_groups():
        return entity_groups()[name] | (own if name == OWN_GROUP else frozenset())
    return frozenset({name}) if name in entity_types() or name in own else None
