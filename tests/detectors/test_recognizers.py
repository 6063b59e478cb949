"""The package of recognisers: every file with a `find` is run, and adding one takes what `docs/detection.md` says."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from detectors.recognizers import pattern_detectors

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/detection.md"
STEP = re.compile(r"^   ```\w+\n   # (?P<path>\S+)\n(?P<body>.*?)^   ```$", re.DOTALL | re.MULTILINE)


def test_every_file_with_a_find_is_a_family():
    files = (ROOT / "detectors/recognizers").glob("*.py")
    expected = sorted(path.stem for path in files if re.search(r"^def find\(", path.read_text("utf-8"), re.MULTILINE))
    assert [family.name for family in pattern_detectors()] == expected
    assert {"cards", "emails", "provider_keys"} <= set(expected)


def steps():
    """What the page says to write, by file."""
    section = PAGE.read_text(encoding="utf-8").partition("## Add a recogniser")[2].partition("\n## ")[0]
    return {match["path"]: textwrap.dedent(match["body"]) for match in STEP.finditer(section)}


SEEN = """
import detectors.recognizers
from configs.entities import sensitive_types
from detectors.scan import Scanner

assert detectors.recognizers.__file__.startswith({copy!r}), detectors.recognizers.__file__
findings = Scanner(detectors.recognizers.pattern_detectors()).scan("Her badge is V-4417-C.").findings
assert [one.entity_type for one in findings] == ["VISITOR_BADGE"], findings
assert "VISITOR_BADGE" in sensitive_types()
"""


def test_the_steps_of_the_page_add_one(tmp_path):
    """In a copy: the two files are written and the type is declared, and nothing else is touched."""
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "tagger_weights", "*.jsonl")
    for package in ("configs", "detectors"):
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    written = steps()
    assert sorted(written) == [
        "configs/entities.yaml",
        "detectors/recognizers/badges.py",
        "tests/detectors/recognizers/test_badges.py",
    ]
    for name, body in written.items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(textwrap.indent(body, "  ") if path.suffix == ".yaml" else body)
    shutil.copy(ROOT / "tests/detectors/conftest.py", copy / "tests/detectors/conftest.py")
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    for command in (
        ["-c", SEEN.format(copy=str(copy))],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(copy), str(copy / "tests")],
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "5 passed" in done.stdout
