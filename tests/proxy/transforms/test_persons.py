"""Which names are one person's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.transforms.persons import mentions


def told(*values):
    """Name → its anchor and part; `+` marks a form of its own."""
    return {
        value: f"{mention.anchor}/{mention.part or 'ALL'}{'' if mention.literal else '+'}"
        for value, mention in mentions(values).items()
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Ana Novak", "Novak"], {"Ana Novak": "ALL", "Novak": "LAST"}),
        (["Ana Novak", "Ana", "Novak"], {"Ana Novak": "ALL", "Ana": "FIRST", "Novak": "LAST"}),
        (["Ana Novak", "Ms Novak"], {"Ana Novak": "ALL", "Ms Novak": "LAST+"}),
        (["Ana Novak", "ANA NOVAK", "novak"], {"Ana Novak": "ALL", "ANA NOVAK": "FULL+", "novak": "LAST+"}),
        (["Ana Novak", "Novak, Ana"], {"Ana Novak": "ALL", "Novak, Ana": "FULL+"}),
        (["Ana Novak", "Novak Ana"], {"Ana Novak": "ALL", "Novak Ana": "FULL+"}),
        (["Ana Novak", "Ana Maria Novak"], {"Ana Novak": "ALL", "Ana Maria Novak": "FULL+"}),
        (["Ana Maria Novak", "Maria"], {"Ana Maria Novak": "ALL", "Maria": "FIRST+"}),
        (["Ana Novak", "A. Novak"], {"Ana Novak": "ALL", "A. Novak": "LAST+"}),
        (["Novak", "Ana Novak", "Ana"], {"Novak": "ALL", "Ana Novak": "FULL", "Ana": "FIRST"}),
        (["Dr. Ana Novak", "Novak"], {"Dr. Ana Novak": "ALL", "Novak": "LAST"}),
        (["Jan van der Berg", "van der Berg"], {"Jan van der Berg": "ALL", "van der Berg": "LAST+"}),
        (["Petr Novák", "Novákovi"], {"Petr Novák": "ALL", "Novákovi": "LAST+"}),
        (["Jan Wiśniewski", "Wiśniewskiego"], {"Jan Wiśniewski": "ALL", "Wiśniewskiego": "LAST+"}),
        (["Jan Hubek", "Hubkowi"], {"Jan Hubek": "ALL", "Hubkowi": "LAST+"}),
        (["Anna Kowalska", "Kowalskiej"], {"Anna Kowalska": "ALL", "Kowalskiej": "LAST+"}),
        (["Jörg Müller", "Müllers", "Jörg"], {"Jörg Müller": "ALL", "Müllers": "LAST+", "Jörg": "FIRST"}),
        (["Иван Петров", "Петров"], {"Иван Петров": "ALL", "Петров": "LAST"}),
        (["Sinéad O'Connor", "O'Connor"], {"Sinéad O'Connor": "ALL", "O'Connor": "LAST"}),
    ],
)
def test_one_person(values, expected):
    assert told(*values) == {value: f"{values[0]}/{part}" for value, part in expected.items()}


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Novak"],
        ["Ana Novak"],
        ["Ana Novak", "Peter Kim"],
        ["Ana Novak", "Peter Novak", "Novak"],
        ["Ana Novak", "P. Novak"],
        ["Ana Novak", "Novakova"],
        ["Petr Novák", "Nováková"],
        ["Anna Kowalska", "Kowalski"],
        ["Jan Kowalski", "Kowalska"],
        ["Martin Kim", "Martina"],
        ["Ana Novak", "Anastasia"],
        ["Ana", "Novak"],
        ["Dr.", "Ms", "Ana Novak"],
        ["Ana Novak\nPeter Kim", "Kim"],
        ["Ana Novak 4", "Novak"],
    ],
)
def test_nobody_is_taken_for_another(values):
    assert told(*values) == {}


def test_two_of_one_family():
    said = told("Ana Novak", "Peter Novak", "Novak", "Ana", "Peter")
    assert said == {
        "Ana Novak": "Ana Novak/ALL",
        "Ana": "Ana Novak/FIRST",
        "Peter Novak": "Peter Novak/ALL",
        "Peter": "Peter Novak/FIRST",
    }


def test_later_turns_change_nothing_in_earlier_ones():
    first = told("Ana Novak", "Novak")
    assert told("Ana Novak", "Novak", "Peter Kim", "Ana", "Kim").items() >= first.items()


@given(st.lists(st.text("aAnNoOvk .,'-éŁ\u2019", max_size=12), max_size=8))
def test_any_texts(values):
    found = mentions(values)
    assert set(found) <= set(values)
    assert {mention.anchor for mention in found.values()} <= set(values)
    assert mentions(values) == found


def test_many_names_take_little_time():
    letters = [chr(97 + number % 26) + chr(97 + number // 26 % 26) + chr(97 + number // 676) for number in range(5000)]
    values = [f"Ana{one} Novak{one}" for one in letters] + [f"Novak{one}" for one in letters]
    assert len(mentions(values)) == len(values)  # pairwise it would be a hundred million comparisons
