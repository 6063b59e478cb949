"""Values of a table in a text: which count alone, which only together, and how else they may be written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.own.container import open_container, write
from detectors.own.hashing import Keys
from detectors.own.library import joined
from detectors.own.rows import ALONE, CLOSE, TOGETHER, Column, RowsDetector, build
from detectors.own.words import words_of

KEYS = Keys(b"k" * 32)
COLUMNS = ("name", "email", "account", "city", "first")
ROWS = [
    ("Müller, Jörg", "joerg@kunde.example", "K-48213", "Berlin", "Jörg"),
    ("Anna Schmidt", "anna.s@kunde.example", "K-48214", "Köln", "Anna"),
    ("Olof Åkesson", "", "4821577", "Malmö", "Olof"),
    ("王小明", "", "12345", "Beijing", "小明"),
    ("Mary-Jane O'Neill Fitzgerald", "mj@kunde.example", "GB29NWBK60161331926819", "Cork", "Mary"),
]


def detector(directory, rows=ROWS, columns=COLUMNS, **alone):
    built = build(rows, [Column(name, alone.get(name)) for name in columns], KEYS)
    path = directory / "customers.set"
    write(path, KEYS, {**built.header, "name": "customers", "type": "COMPANY_DATA"}, built.arrays)
    return RowsDetector(open_container(path, KEYS), KEYS)


def found(subject, text):
    findings = joined(subject.find(words_of(text)))
    assert {finding.detector for finding in findings} <= {"own:customers"}
    return {text[finding.start : finding.end]: finding.score for finding in findings}


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("rows"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("From Jörg Müller, today", "Jörg Müller"),
        ("From JORG MUELLER today", "JORG MUELLER"),
        ("Mueller, Joerg", "Mueller, Joerg"),
        ("SCHMIDT, Anna", "SCHMIDT, Anna"),
        ("write to Anna.S@Kunde.Example now", "Anna.S@Kunde.Example"),
        ("k48214", "k48214"),
        ("no. 482 15 77.", "482 15 77"),
        ("(Olof Akesson)", "Olof Akesson"),
        ("OLOF  ÅKESSON", "OLOF  ÅKESSON"),
        ("他是王小明吗", "王小明"),
        ("GB29 NWBK 6016 1331 9268 19", "GB29 NWBK 6016 1331 9268 19"),
        ("mary jane oneill fitzgerald", "mary jane oneill fitzgerald"),
        ('{"account":"K-48213"}', "K-48213"),
        ("anna_schmidt", "anna_schmidt"),
        ("ANNA\nSCHMIDT", "ANNA\nSCHMIDT"),
    ],
)
def test_found(customers, text, value):
    assert found(customers, text) == {value: ALONE}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Anna went to Berlin",
        "Anna Schmid",
        "K-482135",
        "XK48214",
        "12345 steps",
        "Schmidt and Anna",
        "x" * 50_000,
        "4 8 2",
        "48, 21, 57 and 7",
        "4,8,2,1,5,7,7",
        "48\n\n21577",
    ],
)
def test_not_found(customers, text):
    assert found(customers, text) == {}


def test_weak_values_count_near_another_of_their_row(customers):
    assert found(customers, "Anna has the account K-48214.") == {"Anna": TOGETHER, "K-48214": TOGETHER}
    assert found(customers, "Anna has the account K-48213.") == {"K-48213": ALONE}
    assert found(customers, "Anna of Köln") == {"Anna": CLOSE, "Köln": CLOSE}
    assert found(customers, "Anna of Berlin") == {}
    assert found(customers, f"Anna {'and so on ' * 20} K-48214") == {"K-48214": ALONE}
    assert found(customers, f"Anna {'and so on ' * 5} Köln") == {}


def test_another_spelling_pairs_too(customers):
    assert found(customers, "Joerg, K-48213")["Joerg"] == TOGETHER


def test_columns_can_say_how_they_count(tmp_path):
    subject = detector(tmp_path, city=True, account=False)
    assert found(subject, "Köln") == {"Köln": ALONE}
    assert found(subject, "K-48214") == {}
    assert found(subject, "K-48214, Anna Schmidt") == {"K-48214": TOGETHER, "Anna Schmidt": TOGETHER}


def test_what_is_in_many_rows_says_nothing(tmp_path):
    rows = [(f"Person Number{index}", "not available") for index in range(400)]
    subject = detector(tmp_path, rows, ("name", "note"))
    assert found(subject, "not available") == {}
    assert found(subject, "Person Number17 not available") == {"Person Number17": TOGETHER, "not available": TOGETHER}


def test_pairs_of_many_rows_say_nothing(tmp_path):
    rows = [("Anna", "Berlin", f"C-{index:06}") for index in range(50)]
    assert found(detector(tmp_path, rows, ("first", "city", "id")), "Anna of Berlin") == {}


def test_what_is_left_out_is_counted():
    built = build([("ab", "", "x" * 200), ("  ", "Anna Schmidt", "ok fine")], [Column(n) for n in "abc"], KEYS)
    assert built.left_out == {"empty": 2, "too short": 1, "too long": 1}
    assert built.header["rows"] == 2
    assert built.header["values"] == 4  # with the words the other way round


def test_nothing_plain_is_written(tmp_path):
    detector(tmp_path)
    data = (tmp_path / "customers.set").read_bytes().lower()
    for row in ROWS:
        for value in row:
            if len(value) > 3:
                assert value.encode().lower() not in data


def test_a_short_number_is_found_as_it_is_written(tmp_path):
    subject = detector(tmp_path, [("123456",), ("22-3344",)], ("id",))
    assert found(subject, "no 123456") == {"123456": ALONE}
    assert found(subject, "1,2,3,4,5,6 in 1234-56 or 12 34 56") == {}
    assert found(subject, "22-3344, 22 33 44") == {"22-3344": ALONE, "22 33 44": ALONE}


def test_an_empty_table(tmp_path):
    assert found(detector(tmp_path, []), "Anna Schmidt K-48214") == {}


@settings(max_examples=40, deadline=None)
@given(
    value=st.text(alphabet="abcdefgh ijkl-mnop12345.", min_size=8, max_size=30).filter(
        lambda text: (
            sum(c.isdigit() for c in text) > 1 and sum(c.isalpha() for c in text) > 3 and len(words_of(text)) <= 12
        )
    ),
    before=st.text(alphabet="xyz ,", max_size=20),
)
def test_a_registered_value_is_found_in_any_case_and_spacing(tmp_path_factory, value, before):
    subject = detector(tmp_path_factory.mktemp("any"), [(value,)], ("id",))
    for written in (value, value.upper(), value.replace("-", " "), value.replace(" ", "  ")):
        assert subject.find(words_of(f"{before} | {written} | z"))
