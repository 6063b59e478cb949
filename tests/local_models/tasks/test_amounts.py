"""Amounts as they are written in several countries."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models.tasks.amounts import find_amounts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Total 23.45", "23.45"),
        ("Total: $1,234.56", "1234.56"),
        ("Summe 1.234,56 €", "1234.56"),
        ("Total 1 234,56 EUR", "1234.56"),
        ("Total CHF 1'234.50", "1234.50"),
        ("RM9.00", "9.00"),
        ("TOTAL:RM 12", "12"),
        ("12,- €", "12"),
        ("£ 1,234", "1234"),
        ("1.234.567,8", "1234567.8"),
        ("0.125", "0.125"),
        ("-5.00", "-5.00"),
    ],
)
def test_an_amount(text: str, value: str) -> None:
    assert [one.value for one in find_amounts(text)] == [Decimal(value)]


@pytest.mark.parametrize("text", ["VAT 19 %", "18:04", "IBAN1234", "2026-03-31"[:4] + "-03-31", "1234567890123456", ""])
def test_what_is_no_amount_of_money(text: str) -> None:
    assert all(one.bare for one in find_amounts(text))


def test_what_marks_it() -> None:
    marked, cents, bare = find_amounts("€ 5  and 7.50 and 12")
    assert (marked.money, cents.cents, bare.bare) == (True, True, True)


@given(st.decimals(min_value=0, max_value=999999, places=2), st.sampled_from(["en", "de", "ch"]))
def test_what_is_written_is_read(value: Decimal, country: str) -> None:
    written = f"{value:,.2f}"
    signs = {"en": {}, "de": {",": ".", ".": ","}, "ch": {",": "'"}}[country]
    assert [one.value for one in find_amounts("Total " + "".join(signs.get(one, one) for one in written))] == [value]


@given(st.text(max_size=200))
def test_spans_are_in_bounds(text: str) -> None:
    assert all(0 <= one.start < one.end <= len(text) for one in find_amounts(text))
