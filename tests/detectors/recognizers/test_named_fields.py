import pytest

from detectors.recognizers.named_fields import find


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("LAST NAME: OYELARAN FIRST NAME: TITILAYO M.I.: F", ["OYELARAN", "TITILAYO"]),
        ("Last name: Gallacher\nFirst name: Siobhan\n", ["Gallacher", "Siobhan"]),
        ("Prénom : Maëlys Nom de famille : Kerguelen", ["Maëlys", "Kerguelen"]),
        ("Nachname: von Grünigen\nVorname: Jörg-Peter", ["von Grünigen", "Jörg-Peter"]),
        ("Apellidos: Núñez Ibarra; edad 40", ["Núñez Ibarra"]),
        ("Imię i nazwisko: Żaneta Wójcik\n", ["Żaneta Wójcik"]),
        ("<patient><first>Imogen</first><last>Threlkeld</last></patient>", ["Imogen", "Threlkeld"]),
        ("<a:surname>O'Hara</a:surname>", ["O'Hara"]),
        ('family_name = "Okafor"', ["Okafor"]),
        ("Patient name: Obi, 44", ["Obi"]),
        ("Seat 14A KJELDSEN/INGER MS\n14B OBI/CHUKWUEMEKA MR", ["KJELDSEN/INGER MS", "OBI/CHUKWUEMEKA MR"]),
        ("Kontoinhaber: Friedhelm Graßmann, Miete", ["Friedhelm Graßmann"]),
    ],
)
def test_positives(found, text, names):
    assert [value for value, _ in found(find, text)] == names
    assert {kind for _, kind in found(find, text)} == {"PERSON"}


@pytest.mark.parametrize(
    "text",
    [
        "firstName: String",
        "last_name: VARCHAR(40)",
        "First name: Last name: ",
        "First Name: Required",
        "first_name = input",
        "<first>true</first>",
        "<first>12</first>",
        "Last name: not provided",
        "the last name is rare",
        "file name: Report",
        "GET /Reports/Shared Docs",
        "src/Main MRS",
        "Name: Trattoria",
        "first_name: Optional[str] = None",
        "Patient name: ",
        "given: Alpha",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
