"""docs/policy.md has the grammar's tables, as they are."""

import re
from pathlib import Path

import pytest

from policy.grammar import GRAMMAR
from policy.reference import fill, section_table, tables

PAGE = Path(__file__).parents[2] / "docs/policy.md"


def test_the_page_is_up_to_date():
    text = PAGE.read_text("utf-8")
    assert fill(text) == text, "renew it with: python -m policy.reference docs/policy.md"


def test_the_page_has_every_table_once():
    found = re.findall(r"<!-- table: (\w+) -->", PAGE.read_text("utf-8"))
    assert sorted(found) == sorted(tables())


def test_tables():
    assert section_table("label").splitlines() == [
        "| key | expects | what it is |",
        "| --- | --- | --- |",
        "| `name` (needed) | label | the kind of document |",
        "| `min_score` | 0 to 1 | at least this sure (default 0.5) |",
    ]
    assert set(GRAMMAR) < set(tables())


def test_fill():
    assert fill("a\n<!-- table: redact -->\nold\n<!-- end -->\nb") == (
        f"a\n<!-- table: redact -->\n{section_table('redact')}<!-- end -->\nb"
    )
    with pytest.raises(KeyError):
        fill("<!-- table: none -->\n<!-- end -->")
