"""Own data of a running Privet: what is in force, and what is said of what can't be."""

import pytest

from configs.settings import Settings
from proxy.errors import ConfigurationError
from proxy.own_data import OwnData, place_of


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: PROJECT, words: [Heron]}]\n")
    return Settings(state_dir=tmp_path / "state", data={"dictionaries": [tmp_path / "terms.yaml"]})


def test_the_place_is_the_settings(settings, tmp_path):
    place = place_of(settings)
    assert place.directory == tmp_path / "state/data"
    assert place.key == tmp_path / "state/data.key"


def test_in_force(settings):
    subject = OwnData.open(settings)
    assert subject.types == ("PROJECT",)
    assert subject.status()["sets"] == {"terms": {"kind": "terms", "entries": 1}}
    assert subject.missing() == []
    assert not subject.changed()


def test_a_change_is_seen_and_taken(settings, tmp_path):
    subject = OwnData.open(settings)
    before = subject.library.revision
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: CODE, words: [Heron, Kestrel]}]\n")
    assert subject.changed()
    subject.take(subject.read())
    assert subject.types == ("CODE",)
    assert subject.library.revision != before
    assert not subject.changed()


async def test_the_latest(settings, tmp_path):
    subject = OwnData.open(settings)
    in_force = subject.library
    assert await subject.latest() is in_force
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{words: []}]\n")
    assert await subject.latest() is in_force
    assert "terms.yaml:2:17" in subject.missing()[0]
    assert await subject.latest() is in_force
    assert subject.missing()  # until it is mended
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: PROJECT, words: [Heron]}]\n\n")
    assert await subject.latest() is in_force  # the same again
    assert subject.missing() == []
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{type: CODE, words: [Heron]}]\n")
    library = await subject.latest()
    assert library.types == ("CODE",)
    assert subject.types == ("PROJECT",)  # until it is taken


def test_what_cannot_be_used_stays_out(settings, tmp_path):
    subject = OwnData.open(settings)
    (tmp_path / "terms.yaml").write_text("schema: privet.terms/1\nterms: [{words: []}]\n")
    with pytest.raises(ConfigurationError, match=r"terms\.yaml:2:17"):
        subject.read()
    assert subject.types == ("PROJECT",)
    subject.problem = "why"
    assert "why" in subject.missing()[0]


@pytest.mark.parametrize("data", [{"required": ["customers"]}, {"dictionaries": ["nowhere.yaml"]}])
def test_no_start_without_what_is_named(tmp_path, data):
    with pytest.raises(ConfigurationError):
        OwnData.open(Settings(state_dir=tmp_path, data=data))
