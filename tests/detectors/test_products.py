import pytest

from detectors.finding import Finding
from detectors.products import is_product, without_products


def said(text, name):
    start = text.index(name)
    return Finding(start, start + len(name), "PERSON", 0.9, "tagger")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bash", "Bash"),
        ("xhigh", "xhigh"),
        ("max", "max"),
        ("- Fetches content from a URL", "Fetches"),
        ("You are a Claude agent.", "Claude"),
        ("Co-Authored-By: Claude Opus 5.5", "Claude Opus"),
        ("the latest Claude models are Claude's", "Claude's"),
        ("built on Anthropic's SDK", "Anthropic"),
        ("Gemini CLI asks Gemini", "Gemini"),
    ],
)
def test_programs(text, name):
    assert is_product(text, said(text, name))
    assert without_products(text, [said(text, name)]) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Claude asked for the invoice", "Claude"),
        ("Max", "Max"),
        ("ask max about it", "max"),
        ("Claude Dupont works at Anthropic", "Claude Dupont"),
        ("Alexa is my sister", "Alexa"),
        ("Jenkins Miller", "Jenkins Miller"),
        ("ask Watson", "Watson"),
    ],
)
def test_people(text, name):
    assert not is_product(text, said(text, name))
    assert without_products(text, [said(text, name)]) == (said(text, name),)


def test_other_findings_stay():
    other = Finding(0, 4, "API_KEY", 0.9, "keys")
    assert without_products("Bash", [other]) == (other,)


def test_lines_of_files_are_no_addresses():
    text = "see README.md†L5-L14"
    line = Finding(text.index("L5"), len(text), "STREET_ADDRESS", 0.6, "rampart")
    assert without_products(text, [line]) == ()


def test_an_agents_own_address_is_nobodys():
    text = "Co-Authored-By: Claude <noreply@anthropic.com>"
    address = Finding(text.index("noreply"), len(text) - 1, "EMAIL_ADDRESS", 1.0, "rampart")
    assert without_products(text, [address]) == ()
