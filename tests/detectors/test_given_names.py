import pytest

from detectors.given_names import COMMON, is_given_name


@pytest.mark.parametrize("word", ["Maria", "maria", "JOHN", "Priya", "Ben"])
def test_names(word):
    assert is_given_name(word)


@pytest.mark.parametrize("word", ["Table", "mark", "Mark", "ben", "will", "Grace", ""])
def test_words(word):
    assert not is_given_name(word)


def test_common_words_are_lower_case():
    assert all(word.islower() for word in COMMON)
