import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.presidio import WINDOW, NearbyContext, PresidioDetector
from detectors.recognizers.source import Source


@pytest.fixture(scope="module")
def detector():
    return PresidioDetector()


def values(detector, text, context=""):
    found = detector.find_many([Source(text, context)])[0]
    return {(text[one.start : one.end], one.entity_type) for one in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My NHS number is 943 476 5919.", ("943 476 5919", "HEALTH_INSURANCE")),
        ("PAN: ABCPD1234E for tax", ("ABCPD1234E", "TAX_ID")),
        ("pay to wallet 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", ("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "CRYPTO")),
        ("NINO QQ 12 34 56 C is no number, AB 12 34 56 C is", ("AB 12 34 56 C", "NATIONAL_ID")),
    ],
)
def test_positives(detector, text, expected):
    assert expected in values(detector, text)


@pytest.mark.parametrize("text", ["", "12", "the quick brown fox", "part no. 943 476 5918", "x = 123456789"])
def test_near_misses(detector, text):
    assert values(detector, text) == set()


def test_context_is_read_before_the_value_and_in_the_field(detector):
    number = "021000021"
    assert ("021000021", "BANK_ACCOUNT") in values(detector, f"aba routing {number}")
    assert ("021000021", "BANK_ACCOUNT") in values(detector, number, "aba_routing")


def test_offsets_after_the_first_window(detector):
    text = "Nothing to see here at all.\n" * (2 * WINDOW // 28 + 5) + "NHS number 943 476 5919"
    assert ("943 476 5919", "HEALTH_INSURANCE") in values(detector, text)


def test_many_texts_at_once_are_as_one_by_one(detector):
    texts = ["PAN: ABCPD1234E", "", "NHS 943 476 5919", "x" * 5000]
    together = detector.find_many([Source(text) for text in texts])
    assert [len(found) for found in together] == [len(detector.find_many([Source(text)])[0]) for text in texts]


def test_context_words_are_whole_words():
    pattern = NearbyContext()._pattern(("tin", "tax id"))
    assert pattern.search("my TIN: ")
    assert pattern.search("tax id is")
    assert pattern.search("tax_tin_1")
    assert not pattern.search("tiny")


def test_the_engine_runs_where_a_number_can_stand_alone(detector, monkeypatch):
    asked = []
    monkeypatch.setattr(detector._engine, "analyze", lambda text, *_, **__: asked.append(text) or [])
    filler = "The words of a long and harmless letter, 3 of them at 10 o'clock. " * 100
    detector.find_many([Source(filler), Source("12:30:45,123 took=15 ms\n" * 50)])
    assert asked == []
    detector.find_many([Source(filler + "NHS number 943 476 5919. " + filler)])
    assert len(asked) == 1
    assert len(asked[0]) < 600


def test_a_telling_form_wakes_the_engine_around_itself_alone(detector, monkeypatch):
    asked = []
    monkeypatch.setattr(detector._engine, "analyze", lambda text, *_, **__: asked.append(text) or [])
    log = "2026-11-24 12:30:45,123 took=1500 ms\n" * 100
    detector.find_many([Source(log + "PAN ABCPD1234E\n" + log)])
    assert len(asked) == 1
    assert "ABCPD1234E" in asked[0]
    assert len(asked[0]) < 600


WRITTEN = ["2234567890", "943 476 5919", "X9999999R", "AB123456C", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "91-70-1234"]
SAID = ["NHS number", "passport", "aadhaar", "my PESEL:", "routing", "nothing", "\n", "id=", "=", "grid"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*WRITTEN, *SAID]) | st.from_regex(r"[A-Z0-9]{6,12}", fullmatch=True), max_size=8))
def test_the_engine_is_spared_what_it_would_not_find(detector, parts):
    text = " ".join(parts)
    everything = detector._engine.analyze(text, "en", nlp_artifacts=detector._nlp.process_text(text, "en"))
    asked = {kind for kinds, forms in detector._forms if any(form.search(text) for form in forms) for kind in kinds}
    assert {one.entity_type for one in everything} <= asked


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*WRITTEN, *SAID, "_nhs", "nhs7", "Aadhaarx"]), max_size=8))
def test_words_are_looked_for_wherever_they_stand(detector, parts):
    text = "".join(parts)
    assert detector._said(Source(text)) == [match.span() for match in detector._words.finditer(text)]
