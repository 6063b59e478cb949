import pytest

from detectors.recognizers.dates import find

BIRTH, DATE = "DATE_OF_BIRTH", "DATE_TIME"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("born on 12/03/1984", [("12/03/1984", BIRTH)]),
        ("DOB: 1984-03-12", [("1984-03-12", BIRTH)]),
        ("Date of Birth: March 12, 1984", [("March 12, 1984", BIRTH)]),
        ("geboren am 12.03.1984", [("12.03.1984", BIRTH)]),
        ("geboren am 12. März 1984", [("12. März 1984", BIRTH)]),
        ("Anna, geb. 3. Juli 1970", [("3. Juli 1970", BIRTH)]),
        ("née le 1er février 1990", [("1er février 1990", BIRTH)]),
        ("nacida el 12 de marzo de 1984", [("12 de marzo de 1984", BIRTH)]),
        ("nato il 5 maggio 1961", [("5 maggio 1961", BIRTH)]),
        ("geboren op 9 maart 1977", [("9 maart 1977", BIRTH)]),
        ("Geburtstag: 12.03.1984", [("12.03.1984", BIRTH)]),
        ("née le 12 mars 1984", [("12 mars 1984", BIRTH)]),
        ("nació el 3 de mayo de 1980", [("3 de mayo de 1980", BIRTH)]),
        ("nata il 9 marzo 1977", [("9 marzo 1977", BIRTH)]),
        ("nasceu em 4 de maio de 1990", [("4 de maio de 1990", BIRTH)]),
        ("urodziła się 5 maja 1990", [("5 maja 1990", BIRTH)]),
        ("nascido a 2 de outubro de 1955", [("2 de outubro de 1955", BIRTH)]),
        ("urodzona 7 września 1988", [("7 września 1988", BIRTH)]),
        ("am 3. Oktober und am 4. Mai", [("3. Oktober", DATE), ("4. Mai", DATE)]),
        ("from the 26 th august to the 2 nd sep", [("26 th august", DATE), ("2 nd sep", DATE)]),
        ("3 out of 5, 2 sets, 4 of us, 12 marines", []),
        ("due 2024-05-01", [("2024-05-01", DATE)]),
        ("on 3rd of May 2024", [("3rd of May 2024", DATE)]),
        ("Monday at 7 PM, 10:30, in two weeks, the first", []),
        ("hired in March 2021", [("March 2021", DATE)]),
        ("DOB 04/12/1965, admitted 2024-02-03", [("04/12/1965", BIRTH), ("2024-02-03", DATE)]),
        ("DOB 04/12/1965, 2024-02-03 seen", [("04/12/1965", BIRTH), ("2024-02-03", DATE)]),
        ("Admitted 2024-02-03, DOB 04/12/1965", [("2024-02-03", DATE), ("04/12/1965", BIRTH)]),
        ("date of birth and admission: 2024-02-03", [("2024-02-03", DATE)]),
        ("born 04/12/1965 (12 April 1965)", [("04/12/1965", BIRTH), ("12 April 1965", BIRTH)]),
        ("Ana Novak, 04/12/1965 (DOB)", [("04/12/1965", BIRTH)]),
        ("version 1.2.34", []),
        ("99/99/9999", []),
        ("may I ask", []),
        ("10/20", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected


def test_the_fields_name_says_birth(found):
    assert found(find, "1984-03-12", "birth_date") == [("1984-03-12", BIRTH)]
