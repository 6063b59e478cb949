import pytest

from detectors.recognizers.emails import find


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("mail ana@example.com now", ["ana@example.com"]),
        ("<ana.novak+x@mail.example.co.uk>", ["ana.novak+x@mail.example.co.uk"]),
        ("'ana@example.com'", ["ana@example.com"]),
        ("mailto:ana@example.com?subject=x", ["ana@example.com"]),
        ("ana@mail.corp", ["ana@mail.corp"]),
        ("o'brien@example.ie", ["o'brien@example.ie"]),
        ("a@b.co, c@d.org", ["a@b.co", "c@d.org"]),
        ("write to ana.novak%40example.com today", ["ana.novak%40example.com"]),
        ("a discount of 40%40 and x%40y", []),
        ("npm i react@18.2.0", []),
        ("git@github.com:org/repo.git", []),
        ("image@2x.png", []),
        ("@mention and x@ y", []),
        ("user@localhost", []),
        ("", []),
    ],
)
def test_find(found, text, values):
    assert found(find, text) == [(value, "EMAIL_ADDRESS") for value in values]
