"""Policies from text, and values to build them from."""

import textwrap
from pathlib import Path

import pytest

from configs.yaml_source import SourceError
from policy.load import load_policy


@pytest.fixture
def write(tmp_path: Path):
    """Write files of a policy folder; the first one's path."""

    def _write(text: str, **others: str) -> Path:
        for name, content in {"policy": text, **others}.items():
            (tmp_path / f"{name}.yaml").write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        return tmp_path / "policy.yaml"

    return _write


@pytest.fixture
def load(write):
    """A policy from text; without a schema, the head is added."""

    def _load(text: str, **others: str):
        return load_policy(write(headed(text), **{name: headed(one, name) for name, one in others.items()}))

    return _load


@pytest.fixture
def problems(write):
    """Every problem of a policy, as `line:column: message` (of other files: `file:line:column: message`)."""

    def _problems(text: str, **others: str) -> list[str]:
        path = write(text, **others)
        with pytest.raises(SourceError) as caught:
            load_policy(path)
        return [str(one).removeprefix(f"{path}:").removeprefix(f"{path.parent}/") for one in caught.value.problems]

    return _problems


def headed(text: str, name: str = "acme") -> str:
    text = textwrap.dedent(text).lstrip("\n")
    return text if text.startswith("schema:") else f"schema: privet.policy/1\nid: {name}\n{text}"
