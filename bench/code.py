"""Secrets reported in code that holds none: the libraries that are installed here, and minified JavaScript.

Whoever publishes a package has looked for keys in it, so nearly everything reported in one is a false alarm; what is
left are examples in manuals and keys that are meant to be public. detect-secrets (a scanner for repositories,
installed into `.cache/detect-secrets` the first time) reads the same files in the same run.

    python -m bench code                       figures
    python -m bench.code FOLDER…               every finding in one's own code, masked but for its ends
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import Row
from bench.environment import ROOT, installed
from configs.entities import entity_groups
from detectors.finding import Finding
from detectors.recognizers import pattern_detectors
from detectors.recognizers.source import Source

HOME = ROOT / ".cache/detect-secrets"
PACKAGES = ("detect-secrets==1.5.0",)
GROUP = "secrets in code that holds none"
SUFFIXES = frozenset(
    (
        *(
            ".py",
            ".pyi",
            ".js",
            ".mjs",
            ".cjs",
            ".ts",
            ".json",
            ".css",
            ".html",
            ".xml",
            ".yaml",
            ".yml",
            ".toml",
            ".cfg",
        ),
        *(
            ".ini",
            ".md",
            ".rst",
            ".txt",
            ".c",
            ".h",
            ".cpp",
            ".go",
            ".java",
            ".rb",
            ".php",
            ".rs",
            ".sh",
            ".map",
            ".lock",
        ),
        *(".csv", ".svg", ".sql"),
    )
)
MOST = 2_000_000  # characters of a file
SEED = 5
MEGABYTES, QUICK_MEGABYTES = 20, 2
_SCAN = """
import json, sys
from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings
found = SecretsCollection()
with default_settings():
    for path in json.load(sys.stdin):
        found.scan_file(path)
print(sum(1 for _ in found))
"""


def run(*, quick: bool) -> list[Row]:
    """Findings for each megabyte, and how fast."""
    paths = files([Path(path) for path in sys.path if path.endswith("site-packages")])
    chosen, texts = _sample(paths, QUICK_MEGABYTES if quick else MEGABYTES)
    size = sum(map(len, texts)) / 1e6
    started = time.process_time()
    ours = sum(len(secrets(text)) for text in texts)
    speed = size / (time.process_time() - started)
    theirs = _peer(chosen)
    note = f"{len(texts)} files, {size:.0f} MB"
    return [
        Row(
            GROUP,
            "findings for each MB",
            ours / size,
            "",
            None if theirs is None else theirs / size,
            f"{note}; floor: detect-secrets",
        ),
        Row(GROUP, "patterns of secrets, read without the gate", speed, "MB/s", None, note),
    ]


def files(folders: Iterable[Path]) -> list[Path]:
    """The files of code in some folders, in order."""
    return sorted(
        {path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file()}
    )


def _sample(paths: Sequence[Path], megabytes: float) -> tuple[list[Path], list[str]]:
    chosen: list[Path] = []
    texts: dict[str, None] = {}
    size = 0
    for path in random.Random(SEED).sample(paths, len(paths)):
        text = _read(path)
        if text and text not in texts:
            texts[text] = None
            chosen.append(path)
            size += len(text)
        if size >= megabytes * 1e6:
            break
    return chosen, list(texts)


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(text) <= MOST else ""


def secrets(text: str) -> list[Finding]:
    """The secrets in a text; several findings at one place are one."""
    kinds = entity_groups()["SECRETS"]
    source = Source(text)
    found: list[Finding] = []
    for family in pattern_detectors():
        found += (one for one in family.find(source) if one.entity_type in kinds)
    apart: list[Finding] = []
    for one in sorted(found):
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return apart


def _peer(paths: Sequence[Path]) -> int | None:
    if not installed(HOME, PACKAGES):
        print("detect-secrets can't be installed here: no figure of it", file=sys.stderr)
        return None
    done = subprocess.run(
        [HOME / "bin/python", "-c", _SCAN],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        check=True,
        timeout=3600,
    )
    return int(done.stdout)


def main(folders: Sequence[str]) -> int:
    """Print every finding in some folders."""
    for path in files(map(Path, folders)):
        text = _read(path)
        for one in secrets(text):
            line, value = text.count("\n", 0, one.start) + 1, text[one.start : one.end]
            masked = f"{value[:4]}…{value[-4:]} ({len(value)})"
            print(f"{path}:{line}: {one.entity_type} {one.score:.2f} {one.detector} {masked}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
