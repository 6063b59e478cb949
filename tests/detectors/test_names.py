import pytest

from detectors.names import NameDetector, _lines
from detectors.ner import RampartModel
from detectors.recognizers.source import Source
from detectors.tagger import Tagger


class Counting(RampartModel):
    """Rampart, and what it was asked to read."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def read(self, texts):
        self.asked.extend(texts)
        return super().read(texts)


@pytest.fixture(scope="module")
def model():
    return Counting()


@pytest.fixture(scope="module")
def detector(model):
    return NameDetector(Tagger(), model)


def values(detector, text):
    found = detector.find_many([Source(text)])[0]
    return {(text[one.start : one.end], one.entity_type) for one in found if one.detector != "repeats"}


def test_names_and_places(detector):
    assert values(detector, "I am Ana Novak.") == {("Ana Novak", "PERSON")}
    assert ("Kenya", "COUNTRY") in values(detector, "She moved to Kenya last year.")
    assert values(detector, "") == set()


def test_offsets_far_into_a_text(detector):
    text = "Nothing to see here at all.\n" * 300 + "I am Ana Novak."
    assert values(detector, text) == {("Ana Novak", "PERSON")}


def test_many_texts_at_once_are_as_one_by_one(detector):
    texts = ["I am Ana Novak.", "", "Sort a list.", "x" * 5000, "met lina kraus there\nbye"]
    together = detector.find_many([Source(text) for text in texts])
    alone = [detector.find_many([Source(text)])[0] for text in texts]
    assert [[(f.start, f.end, f.entity_type) for f in one] for one in together] == [
        [(f.start, f.end, f.entity_type) for f in one] for one in alone
    ]


def test_the_slow_model_reads_doubtful_lines_alone(detector, model):
    model.asked.clear()
    detector.find_many([Source("Write a function that sorts a list.\nI am Ana Novak.")])
    assert model.asked == []
    text = "Write a function that sorts a list.\nasked zorblat about it\nThe end of the story."
    detector.find_many([Source(text)])
    assert set(model.asked) <= {"asked zorblat about it"}


def test_a_line_is_read_once(detector, model, monkeypatch):
    from detectors import names

    monkeypatch.setattr(names, "doubts", lambda text, _: [(0, 1)] if text else [])
    model.asked.clear()
    text = "saw zorblat today\n" * 50
    first = detector.find_many([Source(text), Source("saw zorblat today")])
    assert sum(asked.count("saw zorblat today") for asked in model.asked) <= 3  # as a chunk of lines, and alone
    read = len(model.asked)
    assert detector.find_many([Source(text), Source("saw zorblat today")]) == first
    assert len(model.asked) == read


def test_what_is_remembered_is_bounded_and_holds_no_text(detector, monkeypatch):
    from detectors import names

    monkeypatch.setattr(names, "_REMEMBERED", 3)
    lines = [f"saw zorblat number {index}" for index in range(8)]
    assert len(detector._read(lines)) == 8
    assert len(detector._memory) == 3
    assert all(isinstance(key, bytes) and b"zorblat" not in key for key in detector._memory)
    assert "zorblat" not in repr(detector._memory)


def test_code_is_not_read(detector):
    assert values(detector, "import Anna\nreturn Novak;\nclass Peter:\n") == set()


@pytest.mark.parametrize(
    ("places", "expected"),
    [([(0, 1)], ["ab"]), ([(3, 4), (4, 5)], ["cd"]), ([(0, 1), (6, 7)], ["ab", "e"]), ([], [])],
)
def test_lines(places, expected):
    text = "ab\ncd\ne"
    assert [text[start:end] for start, end in _lines(text, places)] == expected
