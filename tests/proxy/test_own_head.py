"""The company's own head while Privet serves: opened at start, taken up when it changes, kept when it can't be."""

import json
from pathlib import Path

import pytest

from configs.settings import ClassifierSettings, Settings
from local_models.catalog import spec_of
from local_models.embed import FEATURE_MODEL
from local_models.heads import OWN_HEAD, load_head, save_head
from proxy.errors import ConfigurationError
from proxy.own_head import OwnHead


def stored(directory: Path, label: str) -> str:
    """A head whose last label is called so."""
    base = load_head()
    metadata = {"feature_sha256": spec_of(FEATURE_MODEL).sha256, "new_labels": [label]}
    labels = (*base.labels[:-1], label)
    return save_head(directory, OWN_HEAD, labels, base.weights, metadata | {"note": label, "sha": label})


def settings(directory: Path | None) -> Settings:
    return Settings(classifier=ClassifierSettings(head=directory))


def test_without_one_there_is_nothing_to_look_at() -> None:
    head = OwnHead.open(settings(None))
    assert (head.labels, head.revision, head.options(), head.changed()) == ((), None, {}, False)


def test_what_the_settings_name_is_opened(tmp_path: Path) -> None:
    revision = stored(tmp_path, "board_papers")
    head = OwnHead.open(settings(tmp_path))
    assert (head.labels, head.revision, head.changed()) == (("board_papers",), revision, False)
    assert head.options() == {"head": str(tmp_path)}


def test_one_that_is_missing_is_an_error_at_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"classifier.head: can't read the head"):
        OwnHead.open(settings(tmp_path))


@pytest.mark.parametrize(
    "change",
    [{"labels": 3}, {"new_labels": 3}, {"labels": [["a"]]}, {"new_labels": ["elsewhere"]}, {"labels": {"a": 1}}],
)
async def test_one_that_says_nonsense_of_itself_is_not_used(tmp_path: Path, change: dict[str, object]) -> None:
    stored(tmp_path, "board_papers")
    head = OwnHead.open(settings(tmp_path))
    path = tmp_path / f"{OWN_HEAD}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert head.changed()
    assert await head.latest(settings(tmp_path)) is head
    path.write_text('{"a": ' * 100_000)
    assert await head.latest(settings(tmp_path)) is head


async def test_a_changed_one_is_taken_up_once(tmp_path: Path) -> None:
    stored(tmp_path, "board_papers")
    head = OwnHead.open(settings(tmp_path))
    path = tmp_path / f"{OWN_HEAD}.json"
    good = path.read_text()
    path.write_text(json.dumps(json.loads(good) | {"sha256": "00" * 32}))
    assert head.changed()
    assert await head.latest(settings(tmp_path)) is head  # it doesn't fit its arrays: the old one stays
    assert not head.changed()  # and isn't complained about every second
    path.write_text(good)
    assert await head.latest(settings(tmp_path)) is head
    path.unlink()
    assert head.changed()
    assert await head.latest(settings(tmp_path)) is head
