"""`docs/detection.md` lists every entity type, as `configs/entities.yaml` has it."""

import re
from pathlib import Path

from configs.entities import entity_groups, entity_types, thresholds

PAGE = Path(__file__).parents[2] / "docs/detection.md"
MARKED = re.compile(r"(<!-- entities:.*? -->\n)(.*?)(<!-- /entities -->)", re.DOTALL)


def table():
    groups = entity_groups()
    rows = ["| type | what | groups | threshold |", "| --- | --- | --- | --- |"]
    for name, what in entity_types().items():
        inside = ", ".join(sorted(group for group, members in groups.items() if name in members))
        rows.append(f"| `{name}` | {what} | {inside} | {thresholds()[name]:g} |")
    return "\n".join(rows) + "\n"


def test_the_table_is_the_configurations():
    marked = MARKED.search(PAGE.read_text(encoding="utf-8"))
    assert marked is not None
    assert marked[2] == table(), "replace the table in docs/detection.md with:\n" + table()
