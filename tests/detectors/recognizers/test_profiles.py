"""Addresses of people's own pages; and of companies, projects and functions."""

import pytest

from detectors.recognizers.profiles import find


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see linkedin.com/in/ana-novak-12", "linkedin.com/in/ana-novak-12"),
        ("https://www.linkedin.com/in/ana-novak/", "https://www.linkedin.com/in/ana-novak/"),
        ("https://www.facebook.com/ana.novak.9", "https://www.facebook.com/ana.novak.9"),
        ("https://instagram.com/ana.n.", "https://instagram.com/ana.n"),
        ("https://orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("My GitHub: https://github.com/anovak", "https://github.com/anovak"),
        ("follow me on https://x.com/anovak", "https://x.com/anovak"),
        ("Profil: xing.com/profile/Ana_Novak", "xing.com/profile/Ana_Novak"),
    ],
)
def test_positives(found, text, url):
    assert found(find, text) == [(url, "PROFILE_URL")]


@pytest.mark.parametrize(
    "text",
    [
        "https://www.linkedin.com/company/acme",
        "https://github.com/python/cpython",
        "clone https://github.com/python",
        "my fork: https://github.com/me/x",
        "https://www.facebook.com/sharer.php?u=1",
        "https://instagram.com/explore",
        "https://x.com/anovak/status/12",
        "https://twitter.com/intent",
        "linkedin.com/in/your-name",
        "https://example.com/in/ana",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
