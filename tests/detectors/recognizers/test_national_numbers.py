"""Each line of the table, with the examples that python-stdnum's own documentation gives of the number."""

import re
from importlib import import_module

import pytest

from detectors.recognizers.national_ids import find
from detectors.recognizers.national_numbers import ALONE, NUMBERS

# Their documentation shows no whole number that is valid, or one of fewer digits than are looked at.
NO_EXAMPLE = {"cz.dic", "es.referenciacatastral", "ie.pps", "ie.vat", "is_.kennitala"}
NO_EXAMPLE |= {"it.codicefiscale", "lt.pvm", "mu.nid", "ro.cf", "sm.coe", "eu.excise", "in_.pan"}
EXAMPLE = re.compile(r">>> validate\('([^']*)'\)[^\n]*\n\s*'")


def example(number):
    """A valid number in the documentation of its module."""
    shown = EXAMPLE.findall(import_module(f"stdnum.{number.module}").__doc__ or "")
    return next((each.strip() for each in shown if sum(map(str.isdigit, each)) >= 5), None)


ROWS = [pytest.param(number, id=f"{number.module}-{number.names[:12]}") for number in NUMBERS]


@pytest.mark.parametrize("number", ROWS)
def test_a_number_is_found_beside_its_countrys_name_for_it(found, number):
    value = example(number)
    if value is None:
        assert number.module in NO_EXAMPLE
        return
    name = f"{number.country} {number.module.rpartition('.')[2].rstrip('_')}".strip().upper().replace("_", " ")
    for text in (f"The file of the applicant with {name} {value}.", f"Ana gave {value} as {name} when she called"):
        assert any(said in value or value in said for said, _ in found(find, text)), text


@pytest.mark.parametrize("number", [row for row in ROWS if example(row.values[0])])
def test_each_name_of_a_number_says_what_it_is(found, number):
    value = example(number)
    for name in number.names.split("|"):
        said = found(find, f"{name}: {value}")
        assert any(number.module in name or each in value or value in each for each, _ in said), name


@pytest.mark.parametrize(("module", "form", "kind"), ALONE)
def test_what_counts_alone_stands_in_the_table_too(module, form, kind):
    assert kind in {number.entity_type for number in NUMBERS if number.module == module}
    assert re.compile(form)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CHE-100.155.212 pays", "TAX_ID"),
        ("they wrote 27AAPFU0939F1ZV on it", "TAX_ID"),
        ("it says 34201-0891231-8 there", "NATIONAL_ID"),
        ("1-2345-45678-78-1 it is", "NATIONAL_ID"),
        ("from V-11470283-4 to us", "TAX_ID"),
        ("written 01.312.166.0-091.000", "TAX_ID"),
        ("120174-3399", "NATIONAL_ID"),
        ("born, 770305-02-1234", "NATIONAL_ID"),
    ],
)
def test_what_counts_alone(found, text, expected):
    assert [kind for _, kind in found(find, text)] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "CHE-100.155.213",
        "27AAPFU0939F1ZO",
        "1-2345-45678-78-9",
        "V-11470283-3",
        "120174-3389",
        "771305-02-1234",
        "release 01.312.166.0-091",
    ],
)
def test_near_misses_of_what_counts_alone(found, text):
    assert found(find, text) == []
