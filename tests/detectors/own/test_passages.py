"""Passages of registered documents: found whole, reworded, inside other text; common phrases are nobody's."""

import random

import pytest

from detectors.own.container import open_container, write
from detectors.own.hashing import Keys
from detectors.own.passages import PassagesDetector, build
from detectors.own.words import words_of

KEYS = Keys(b"k" * 32)
_WORDS = [
    "supplier",
    "delivers",
    "quarterly",
    "volume",
    "agreed",
    "price",
    "contract",
    "liability",
    "shall",
    "notify",
    "buyer",
    "within",
    "thirty",
    "days",
    "defects",
    "warranty",
    "period",
    "terminate",
    "written",
    "notice",
    "region",
    "exclusive",
    "rights",
    "licence",
    "royalty",
    "payment",
    "schedule",
    "invoice",
    "penalty",
    "delay",
    "force",
    "majeure",
    "arbitration",
    "governing",
    "law",
    "confidential",
    "disclosure",
    "affiliate",
    "assignment",
    "consent",
    "amendment",
]


def prose(seed, words=200):
    chooser = random.Random(seed)
    return " ".join(chooser.choice(_WORDS) for _ in range(words))


DOCUMENTS = [(f"contract{seed}", prose(seed)) for seed in range(20)]
BOILERPLATE = "This document and all of its annexes are confidential and may not be passed on to anybody else at all."


def detector(directory, documents):
    built = build(documents, KEYS)
    write(directory / "legal.set", KEYS, {**built.header, "name": "legal", "type": "DOCUMENT_PASSAGE"}, built.arrays)
    return built, PassagesDetector(open_container(directory / "legal.set", KEYS), KEYS)


@pytest.fixture(scope="module")
def legal(tmp_path_factory):
    return detector(tmp_path_factory.mktemp("own"), [(name, f"{text} {BOILERPLATE}") for name, text in DOCUMENTS])[1]


def found(subject, text):
    return [text[finding.start : finding.end] for finding in subject.find(words_of(text))]


def test_a_passage_inside_other_text(legal):
    passage = " ".join(DOCUMENTS[3][1].split()[40:70])
    text = f"Could you make this friendlier, please? {passage.upper()} Many thanks, and a nice weekend to all of you."
    assert found(legal, text) == [passage.upper()]


def test_line_breaks_punctuation_and_case_do_not_matter(legal):
    passage = "\n".join(DOCUMENTS[5][1].split()[:20])
    assert found(legal, f"- {passage};") == [passage]


@pytest.mark.parametrize(("every", "share"), [(20, 1.0), (10, 0.95)])
def test_a_reworded_passage(legal, every, share):
    hits = 0
    for name, text in DOCUMENTS:
        words = text.split()[50:110]
        chooser = random.Random(name)
        for at in range(chooser.randrange(every), len(words), every):
            words[at] = "otherwise"
        hits += bool(found(legal, " ".join(words)))
    assert hits >= share * len(DOCUMENTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "supplier delivers quarterly volume agreed price",
        prose(1000, 2000),
        BOILERPLATE,
        f"{BOILERPLATE} {prose(1001)}",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "x" * 100_000,
    ],
)
def test_other_text(legal, text):
    assert found(legal, text) == []


def test_two_versions_of_one_document_are_both_found(tmp_path):
    built, subject = detector(tmp_path, [("v1", prose(1)), ("v2", f"{prose(1)} {prose(2)}")])
    assert built.header["boilerplate"] == 0
    assert found(subject, prose(1))


def test_short_documents_are_left_out(tmp_path):
    built, subject = detector(tmp_path, [("note", "buy milk"), ("contract", prose(1))])
    assert built.left_out == {"too short": 1}
    assert built.header["documents"] == 1
    assert found(subject, "buy milk") == []


def test_the_more_is_shared_the_surer(legal):
    words = DOCUMENTS[7][1].split()
    (short,), (long,) = (legal.find(words_of(" ".join(words[:count]))) for count in (12, 100))
    assert 0.8 < short.score < long.score <= 0.99
