"""Bounds a JSON schema before a grammar is made of it: what repeats too often would take the worker's memory.

A schema comes from whoever sent the request. llama.cpp writes a repetition out, once for each time that it may occur;
so an upper limit of many is left out (the limit of tokens holds anyway), and a lower one of many can't be met.
"""

import json
import math
import re
from typing import Any

from local_models.errors import GrammarError

LONGEST = 50_000  # characters of a schema
_MOST = 500  # repetitions of one thing
_DEEPEST = 40
_LEAST = frozenset({"minLength", "minItems"})
_UPPER = frozenset({"maxLength", "maxItems"})
_TIMES = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def bounded(schema: str) -> str:
    """The schema, with bounds that a grammar can hold. Raises `GrammarError`, which quotes none of it."""
    if len(schema) > LONGEST:
        raise GrammarError(f"the JSON schema has {len(schema)} characters, expected at most {LONGEST}")
    try:
        parsed = json.loads(schema)
    except (ValueError, RecursionError):
        raise GrammarError("the JSON schema is no JSON") from None
    if not isinstance(parsed, dict):
        raise GrammarError("the JSON schema is no object")
    return json.dumps(_bounded(parsed, 0), separators=(",", ":"))


def _bounded(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise GrammarError(f"the JSON schema is nested deeper than {_DEEPEST} levels")
    if isinstance(value, list):
        return [_bounded(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        number = item if isinstance(item, int | float) else 0
        if key in _UPPER and number > _MOST:
            continue
        if key in _LEAST and number > _MOST:
            raise GrammarError(f"the JSON schema wants more than {_MOST} repetitions at least")
        if key == "pattern" and isinstance(item, str) and _repetitions(item) > _MOST:
            raise GrammarError(f"a pattern of the JSON schema repeats more than {_MOST} times")
        kept[key] = _bounded(item, depth + 1)
    return kept


def _repetitions(pattern: str) -> int:
    """How often the innermost part of a pattern may repeat, if its repetitions are all within one another."""
    counts = (max((int(digits[:9]) for digits in found if digits), default=1) for found in _TIMES.findall(pattern))
    return math.prod(max(1, count) for count in counts)
