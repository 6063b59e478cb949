import pytest

from detectors.recognizers.organizations import find


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("We buy from Harrow Tools Ltd every month", "Harrow Tools Ltd"),
        ("She works at the Lindner Optik GmbH.", "Lindner Optik GmbH"),
        ("a patient of Mercy Hill Hospital", "Mercy Hill Hospital"),
        ("Employer: Elm & Sons\nRole: clerk", "Elm & Sons"),
        ("The First Bank of Harrow Holdings said", "First Bank of Harrow Holdings"),
    ],
)
def test_find(found, text, value):
    assert (value, "ORGANIZATION") in found(find, text)


@pytest.mark.parametrize(
    "text", ["Your Company", "the Bank", "our insurance", "Group", "Bank: unknown", "I like Harrow", ""]
)
def test_near_misses(found, text):
    assert found(find, text) == []
