"""Counts against a table counted by hand."""

from types import SimpleNamespace

import pytest

from audit.report import NONE, GroupBy, count

FIELDS = ("user", "department", "provider", "effect", "mode", "rules", "types", "findings", "redacted")
INTENTS = [
    SimpleNamespace(**dict(zip(FIELDS, row, strict=True)))
    for row in [
        ("ana", "finance", "openai", "allow", "enforce", ("customers",), ("PERSON", "IBAN_CODE"), 3, 3),
        ("ana", "finance", "openai", "allow", "enforce", (), (), 0, 0),
        ("ana", "finance", "anthropic", "block", "enforce", ("secrets", "customers"), ("API_KEY",), 1, 0),
        ("bob", "support", "openai", "reroute", "enforce", ("mail",), (), 0, 0),
        ("", "support", "openai", "block", "monitor", ("secrets",), ("API_KEY",), 2, 0),
    ]
]


def shown(by):
    report = count(INTENTS, by)
    return [
        (row.key, row.requests, row.allowed, row.redacted, row.rerouted, row.blocked, row.monitored, row.findings)
        for row in (*report.rows, report.total)
    ]


TOTAL = ("total", 5, 2, 1, 1, 2, 1, 6)


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("department", [("finance", 3, 2, 1, 0, 1, 0, 4), ("support", 2, 0, 0, 1, 1, 1, 2)]),
        ("user", [("ana", 3, 2, 1, 0, 1, 0, 4), (NONE, 1, 0, 0, 0, 1, 1, 2), ("bob", 1, 0, 0, 1, 0, 0, 0)]),
        (
            "rule",
            [
                ("customers", 2, 1, 1, 0, 1, 0, 4), ("secrets", 2, 0, 0, 0, 2, 1, 3),
                (NONE, 1, 1, 0, 0, 0, 0, 0), ("mail", 1, 0, 0, 1, 0, 0, 0),
            ],
        ),
        (
            "type",
            [
                (NONE, 2, 1, 0, 1, 0, 0, 0), ("API_KEY", 2, 0, 0, 0, 2, 1, 3),
                ("IBAN_CODE", 1, 1, 1, 0, 0, 0, 3), ("PERSON", 1, 1, 1, 0, 0, 0, 3),
            ],
        ),
        ("effect", [("allow", 2, 2, 1, 0, 0, 0, 3), ("block", 2, 0, 0, 0, 2, 1, 3), ("reroute", 1, 0, 0, 1, 0, 0, 0)]),
        ("provider", [("openai", 4, 2, 1, 1, 1, 1, 5), ("anthropic", 1, 0, 0, 0, 1, 0, 1)]),
    ],
)  # fmt: skip
def test_counted_by_hand(by, rows):
    assert shown(GroupBy(by)) == [*sorted(rows, key=lambda row: (-row[1], row[0])), TOTAL]


def test_nothing():
    report = count([], GroupBy.USER)
    assert (report.rows, report.total.requests) == ((), 0)
