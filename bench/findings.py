"""What is found, written down: two versions of Privet compared finding by finding, over all development sets and code.

    python -m bench.findings before.jsonl                     write what this version finds
    python -m bench.findings after.jsonl --against before.jsonl     … and say what is different
    python -m bench.findings x.jsonl --megabytes 4            with so much of the installed packages' code

A change that is to make detection faster leaves all of it as it was. Written are digests of the texts, offsets, types
and scores, and no text.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.code import _sample, files
from bench.detection import DATA, LOGS, OWN, SOURCE_CODE, load
from detectors.scan import build_scanner

_TOGETHER = 64
_MEGABYTES = 2.0
_SHOWN = 40

type Found = dict[str, list[list[str | int | float]]]


def texts(megabytes: float) -> Iterator[tuple[str, str]]:
    """Each text of every set, and of the code of installed packages, with where it comes from."""
    for folder in (DATA, OWN):
        for path in sorted(folder.glob("*.jsonl")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
                if isinstance(text := json.loads(line).get("text"), str):
                    yield f"{path.stem}:{number}", text
    for name in (SOURCE_CODE, LOGS):
        for number, row in enumerate(load(name, 0)):
            yield f"{name}:{number}", row.text
    for path in sorted((DATA / "wire").iterdir()):
        yield f"wire/{path.name}", path.read_bytes().decode("utf-8", "replace")
    packages = files([Path(path) for path in sys.path if path.endswith("site-packages")])
    for number, text in enumerate(_sample(packages, megabytes)[1]):
        yield f"packages:{number}", text


def found(megabytes: float) -> Found:
    """Text → its findings."""
    scanner = build_scanner()
    results: Found = {}
    every = list(texts(megabytes))
    for first in range(0, len(every), _TOGETHER):
        batch = every[first : first + _TOGETHER]
        for (name, text), scan in zip(batch, scanner.scan_many([(text, "") for _, text in batch]), strict=True):
            key = f"{name} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"
            # Three places of a score: models give others in the fourth, when they read other texts beside it.
            results[key] = [
                [one.entity_type, one.start, one.end, round(one.score, 3), one.detector] for one in scan.findings
            ]
            results[key] += [["skipped", 0, 0, 0, item.reason] for item in scan.skipped]
    return results


def differences(before: Found, after: Found) -> list[str]:
    """A line for each finding that only one of them has; scores that are nearly the same are the same."""
    lines: list[str] = []
    for key in before.keys() & after.keys():
        old = {tuple(one[:3]): one for one in before[key]}
        new = {tuple(one[:3]): one for one in after[key]}
        lines += [f"- {key} {one}" for place, one in old.items() if place not in new]
        lines += [f"+ {key} {one}" for place, one in new.items() if place not in old]
        lines += [
            f"~ {key} {one} was {old[place]}"
            for place, one in new.items()
            if place in old and abs(float(one[3]) - float(old[place][3])) > 0.01
        ]
    return sorted(lines, key=lambda line: line[2:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the findings, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where the findings are written")
    parser.add_argument("--against", type=Path, metavar="FILE", help="what another version wrote")
    parser.add_argument("--megabytes", type=float, default=_MEGABYTES, metavar="N", help="of installed packages' code")
    options = parser.parse_args(arguments)
    after = found(options.megabytes)
    options.file.write_text("".join(f"{json.dumps(item)}\n" for item in after.items()), encoding="utf-8")
    if options.against is None:
        return 0
    before: Found = dict(json.loads(line) for line in options.against.read_text(encoding="utf-8").splitlines())
    lines = differences(before, after)
    print("\n".join(lines[:_SHOWN]))
    print(f"{len(before.keys() & after.keys())} texts, {len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
