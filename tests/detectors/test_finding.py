import pytest

from detectors.finding import Finding


@pytest.mark.parametrize(("start", "end", "score"), [(-1, 3, 0.5), (3, 3, 0.5), (4, 3, 0.5), (0, 1, -0.1), (0, 1, 1.1)])
def test_a_finding_that_points_nowhere_is_refused(start, end, score):
    with pytest.raises(ValueError):
        Finding(start, end, "PERSON", score, "test")


def test_a_finding_holds_no_text():
    assert repr(Finding(0, 3, "PERSON", 0.5, "test")) == (
        "Finding(start=0, end=3, entity_type='PERSON', score=0.5, detector='test')"
    )
