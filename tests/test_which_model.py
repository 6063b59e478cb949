"""docs/which-model.md: its commands are run, and what they print has the form that the page shows."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.cli.main import main

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/which-model.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ privet (.+?)\n(.+?)```", PAGE, re.DOTALL)
_FIGURE = re.compile(r"[0-9a-f]{64}|\d+(?:\.\d+)?(?:e-\d+)?")
_SLOW = "features"


def form(printed: str) -> list[list[str]]:
    """The words of each line, without its figures."""
    return [_FIGURE.sub("#", line).split() for line in printed.strip().splitlines()]


def test_the_page_shows_all_four() -> None:
    assert len(SHOWN) == 4


@pytest.mark.parametrize(
    ("command", "printed"),
    [pytest.param(*one, marks=pytest.mark.slow if _SLOW in one[0] else ()) for one in SHOWN],
)
def test_a_command_prints_what_is_shown(
    command: str, printed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    models = "models: {inside: {backend: embedded, model: smollm2-135m}}\n"
    (tmp_path / "policy.yaml").write_text("schema: privet.policy/1\nid: ours\ndefaults: {effect: allow}\n" + models)
    args = [str(ROOT / one) if one.startswith("bench/") else one for one in shlex.split(command)]
    done = CliRunner().invoke(main, args, catch_exceptions=False)
    assert done.exit_code == (0 if "Chosen" in printed else 1), done.output
    # Candidates are in the order of their speed, which is this machine's.
    assert sorted(form(done.stdout)) == sorted(form(printed))
