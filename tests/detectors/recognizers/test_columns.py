import pytest

from detectors.recognizers.columns import find


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nom,prenom,equipe\nRakotomalala,Hery,bleue", ["Rakotomalala", "Hery"]),
        ("achternaam;voornaam;ploeg\nBrands;Ilja;rood\nRamdin;Shanti;blauw", ["Brands", "Ilja", "Ramdin", "Shanti"]),
        ('"First Name","Last Name","City"\r\n"Titi","Oyelaran","Ibadan"\r\n', ["Titi", "Oyelaran"]),
        (
            "| Driver | Van |\n|---|---|\n| Ezekiel Mboya | 3 |\n| Agnieszka Pyrek | 5 |",
            ["Ezekiel Mboya", "Agnieszka Pyrek"],
        ),
        ("id\tsurname\n7\tO'Hara-Li\n", ["O'Hara-Li"]),
        ("See:\n\nlast,first\nHaugen,Trygve\n\nThe rest, Trygve, is prose", ["Haugen", "Trygve"]),
    ],
)
def test_positives(found, text, names):
    assert found(find, text) == [(name, "PERSON") for name in names]


@pytest.mark.parametrize(
    "text",
    [
        "name,price\nTable,40\nChair,12",  # one word below a heading that may be anything's
        "first,second,third\nRed,Green,Blue,Yellow",  # another number of cells
        "Our first, and last\nThing, Is",  # no heading: the words are not alone in their cells
        "last\nThursday",  # a single column is no table
        "surname,room\n,12\nn/a,13\n40,14",
        "last,first\n",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


def test_a_table_ends_where_its_columns_do(found):
    text = "first,last\nAda,Byron\nthese are, all, notes\nCity,Paris"
    assert [value for value, _ in found(find, text)] == ["Ada", "Byron"]


def test_many_rows_take_linear_time(found):
    text = "first,last\n" + "Ada,Byron\n" * 20_000
    assert len(found(find, text)) == 40_000
