"""All own data together: opened whole or not at all, found in texts, and known by its revision."""

import os
import shutil

import pytest

from configs.state import write_secret
from detectors.finding import Finding
from detectors.own import passages, rows
from detectors.own.container import write
from detectors.own.errors import OwnDataError
from detectors.own.hashing import Keys
from detectors.own.library import Library, Place, joined, open_library
from detectors.recognizers.source import Source

KEYS = Keys(b"k" * 32)
PASSAGE = "The parties agree that heavy water will be delivered to the site by barge every second Tuesday of the month."


@pytest.fixture
def place(tmp_path):
    write_secret(tmp_path / "data.key", KEYS.master)
    built = rows.build([("Anna Schmidt", "K-48214")], [rows.Column("name"), rows.Column("account")], KEYS)
    write(
        tmp_path / "data/customers.set", KEYS, {**built.header, "name": "customers", "type": "CUSTOMER"}, built.arrays
    )
    built = passages.build([("contract", PASSAGE)], KEYS)
    header = {**built.header, "name": "legal", "type": "DOCUMENT_PASSAGE"}
    write(tmp_path / "data/legal.set", KEYS, header, built.arrays)
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: PROJECT, words: [Heron]}]\n")
    return Place(tmp_path / "data", tmp_path / "data.key", ("customers",), (tmp_path / "terms.yaml",))


def test_nothing_registered_is_nothing_to_do(tmp_path):
    library = open_library(Place(tmp_path / "data", tmp_path / "data.key"))
    assert library == Library()
    assert library.detector() is None


def test_everything_is_found(place):
    library = open_library(place)
    assert library.types == ("CUSTOMER", "DOCUMENT_PASSAGE", "PROJECT")
    assert library.facts()["sets"] == {
        "customers": {"kind": "rows", "rows": 1},
        "legal": {"kind": "passages", "documents": 1},
        "terms": {"kind": "terms", "entries": 1},
    }
    text = f"Heron for Anna Schmidt, K-48214: {PASSAGE}"
    (findings,) = library.detector().find_many([Source(text)])
    assert [(text[one.start : one.end], one.entity_type, one.detector) for one in findings] == [
        ("Heron", "PROJECT", "own:terms"),
        ("Anna Schmidt", "CUSTOMER", "own:customers"),
        ("K-48214", "CUSTOMER", "own:customers"),
        (PASSAGE[:-1], "DOCUMENT_PASSAGE", "own:legal"),
    ]


def test_the_revision_follows_the_data(place):
    first = open_library(place)
    assert open_library(place).revision == first.revision
    stamp = place.stamp()
    place.dictionaries[0].write_text("schema: privet.terms/1\nterms: [{type: PROJECT, words: [Kestrel]}]\n")
    assert place.stamp() != stamp
    second = open_library(place)
    assert second.revision != first.revision
    place.set_path("legal").unlink()
    third = open_library(place)
    assert third.revision != second.revision
    assert third.types == ("CUSTOMER", "PROJECT")


def test_a_place_can_be_told_to_another_process(place):
    assert Place.from_plain(place.to_plain()) == place


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda place: place.set_path("customers").unlink(), r"data\.required names customers, but .* is missing"),
        (lambda place: place.set_path("legal").write_bytes(b"x" * 100), "no file of registered data"),
        (lambda place: os.truncate(place.set_path("legal"), 300), "damaged"),
        (lambda place: place.key.unlink(), "without its key"),
        (lambda place: place.key.chmod(0o644), "others may read it"),
        (lambda place: place.key.write_bytes(b"short"), "expected a key of 32 bytes, got 5"),
        (lambda place: place.key.write_bytes(b"l" * 32), "another key"),
        (lambda place: shutil.copy(place.set_path("legal"), place.set_path("other")), "it is the set 'legal'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(place, harm, message):
    harm(place)
    with pytest.raises(OwnDataError, match=message):
        open_library(place)


def test_overlaps_of_one_set_become_one():
    def finding(start, end, kind, score=0.8, by="a"):
        return Finding(start, end, kind, score, by)

    assert joined([finding(0, 5, "X"), finding(3, 9, "X", 0.9), finding(4, 6, "Y"), finding(9, 10, "X")]) == [
        finding(0, 9, "X", 0.9),
        finding(4, 6, "Y"),
        finding(9, 10, "X"),
    ]


def test_allowed_words(tmp_path):
    (tmp_path / "t.yaml").write_text("schema: privet.terms/1\nallow: [Acme GmbH]\n")
    detector = open_library(Place(tmp_path / "data", tmp_path / "data.key", (), (tmp_path / "t.yaml",))).detector()
    assert detector.allowed("we at ACME GmbH").around(6, 15)
    assert not detector.allowed("we at ACME GmbH").around(5, 15)
    assert detector.find_many([Source("we at ACME GmbH")]) == [[]]
