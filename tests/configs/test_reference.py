"""The documented table of settings is the one that the settings make."""

from pathlib import Path

from configs.reference import hosts_table, leaves, settings_table
from configs.settings import Settings

ROOT = Path(__file__).parents[2]


def test_docs_settings_holds_the_table():
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text(), (
        "docs/settings.md is out of date: put the output of `python -m configs.reference` there"
    )


def test_every_setting_says_what_it_is():
    for key, field in leaves(Settings):
        assert field.description, key
        assert "|" not in field.description, key


def test_the_page_has_every_host() -> None:
    assert hosts_table() in (ROOT / "docs" / "dialects.md").read_text(), (
        "docs/dialects.md is out of date: put the output of `python -m configs.reference` there"
    )
