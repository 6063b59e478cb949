"""The page of types says of every entity type what is so, and each has texts that it is found in and that it isn't.

`types.yaml` beside this file holds both; `docs/types.md` is made from it and from `configs/entities.yaml`. Renew the page
with `python -m tests.detectors.test_documentation`.
"""

import random
import re
import string
from functools import cache
from pathlib import Path

import pytest

from configs.entities import OWN_GROUP, entity_groups, entity_types, thresholds
from configs.yaml_source import parse_yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/types.md"
MARKED = re.compile(r"(<!-- entities:.*? -->\n)(.*?)(<!-- /entities -->)", re.DOTALL)
LEAST = 5
ALPHABETS = {
    "A": string.ascii_letters + string.digits,
    "h": "0123456789abcdef",
    "U": string.ascii_uppercase + string.digits,
    "d": string.digits,
    "B": string.ascii_uppercase + "234567",  # base32
}
RANDOM = re.compile(r"\{([AhUdB])(\d{1,3})\}")
# What a company registers itself has no texts of everybody's: tests/detectors/own has its tables.
OWN = entity_groups()[OWN_GROUP]


@cache
def described():
    path = Path(__file__).with_name("types.yaml")
    return parse_yaml(path.read_text(encoding="utf-8"), path.name).data


def filled(text):
    """A text with its random parts, the same in each run, and what is marked in it."""
    rnd = random.Random(text)
    text = text.replace("{P}", "PRIVATE KEY")
    text = RANDOM.sub(lambda match: "".join(rnd.choices(ALPHABETS[match[1]], k=int(match[2]))), text)
    start, end = text.find("«"), text.find("»") - 1
    return text.replace("«", "").replace("»", ""), start, end


def table():
    groups = entity_groups()
    rows = [
        "| type | what | for example | found by | check | words needed | groups | threshold |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, what in entity_types().items():
        inside = ", ".join(sorted(group for group, members in groups.items() if name in members))
        more = described().get(name, {"source": "own data: [own-data.md](own-data.md)", "check": "", "words": ""})
        example = ""
        if name not in OWN:
            shown = RANDOM.sub("…", more["found"][0].replace("«", "").replace("»", "").replace("{P}", "PRIVATE KEY"))
            example = f"`{shown.partition(chr(10))[0]}`"
        rows.append(
            f"| `{name}` | {what} | {example} | {more['source']} | {more['check']} | {more['words']} | {inside} | "
            f"{thresholds()[name]:g} |"
        )
    return "\n".join(rows) + "\n"


def test_the_table_is_the_configurations():
    marked = MARKED.search(PAGE.read_text(encoding="utf-8"))
    assert marked is not None
    assert marked[2] == table(), "renew docs/types.md with: python -m tests.detectors.test_documentation"


def test_every_type_has_texts_of_both_kinds():
    assert set(described()) == set(entity_types()) - OWN
    for name, more in described().items():
        assert set(more) == {"source", "check", "words", "found", "not"}, name
        assert len(set(more["found"])) >= LEAST, f"{name}: expected {LEAST} texts that it is found in"
        assert len(set(more["not"])) >= LEAST, f"{name}: expected {LEAST} texts that it isn't found in"
        assert all("«" in text and "»" in text for text in more["found"]), f"{name}: mark the value with «»"


@pytest.mark.parametrize("name", sorted(set(entity_types()) - OWN))
def test_a_types_texts(scanner, name):
    more = described()[name]
    texts = [filled(text) for text in more["found"]]
    for (text, start, end), scan in zip(texts, scanner.scan_many([(text, "") for text, *_ in texts]), strict=True):
        found = {one.entity_type for one in scan.findings if one.start < end and start < one.end}
        assert name in found, f"{text!r}: expected {name}, got {sorted(found)}"
    others = [filled(text)[0] for text in more["not"]]
    for text, scan in zip(others, scanner.scan_many([(text, "") for text in others]), strict=True):
        assert name not in {one.entity_type for one in scan.findings}, f"{text!r} has no {name}"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(MARKED.sub(lambda match: match[1] + table() + match[3], page), encoding="utf-8")
