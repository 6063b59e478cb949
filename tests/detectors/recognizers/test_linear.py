"""No expression of a recogniser takes more than linear time: what could be a bomb is a second, and all are milliseconds."""

import importlib
import pkgutil
import re
import time

import pytest

import detectors.recognizers
from detectors.recognizers.rule import Rule

SIZE = 16_000
SECONDS = (
    6.0  # of processor time: fifteen times what the slowest takes on a busy machine, a fraction of what a bomb does
)
UNITS = ("a", "1", "a1", " ", "-", '"', "a.")
# These are asked for a match at one place of a bounded value, and never searched for.
AT_ONE_PLACE = {
    *(
        "assigned_SEPARATOR",
        "assignments_NO_VALUE",
        "assignments_SURELY_RANDOM",
        "assignments_PHRASE",
        "emails_IN_FRONT",
    ),
    *("national_ids_HASH", "answers_PAIR", "answers_NAME", "answers_NUMBER", "answers_SPELLED"),
    *("internal_hosts_EVERYBODYS", "internal_hosts_PUBLIC", "statementsNOTHING", "statementsNAMES"),
}


def expressions():
    """Every compiled expression of the package by where it stands: constants, and what tables and rules hold."""
    found = {}
    for module in pkgutil.iter_modules(detectors.recognizers.__path__):
        loaded = importlib.import_module(f"detectors.recognizers.{module.name}")
        for name, value in vars(loaded).items():
            for number, pattern in enumerate(patterns(value)):
                found.setdefault(pattern, f"{module.name}{name}[{number}]")
    return [pytest.param(pattern, name.partition("[")[0], id=name) for pattern, name in found.items()]


def patterns(value):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Rule):
        yield from (each for each in (value.pattern, value.near, value.unless) if each is not None)
    elif isinstance(value, dict):
        yield from (pattern for each in value.values() for pattern in patterns(each))
    elif isinstance(value, tuple | list):
        yield from (pattern for each in value for pattern in patterns(each))


def beginning(pattern):
    """What the expression asks for first, as far as it is letters: a text of it alone keeps it busy."""
    return max(re.findall(r"[A-Za-z]{3,}[-_.=:]?", pattern.pattern) or ["a"], key=len)


def test_all_are_found():
    names = [each.id for each in expressions()]
    assert len(names) > 400
    assert any(name.startswith("provider_keys_RULES") for name in names)
    assert any(name.startswith("logins_PLACES") for name in names)


@pytest.mark.parametrize(("pattern", "name"), expressions())
def test_expression(pattern, name):
    own = beginning(pattern)
    texts = [unit * (SIZE // len(unit)) for unit in (*UNITS, own + " ")]
    started = time.process_time()
    for text in texts:
        if name in AT_ONE_PLACE:
            pattern.fullmatch(text[:600])
            pattern.match(text[:600])
        else:
            for _ in pattern.finditer(text):
                pass
    assert time.process_time() - started < SECONDS
