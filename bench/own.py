"""The company's own data: what a table of a million customers and some documents cost, per kilobyte of new text.

The floor is the same scanner on the same text without them, in the same run.
"""

import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import Row
from configs.state import write_secret
from detectors.own import passages, rows
from detectors.own.container import write
from detectors.own.hashing import Keys
from detectors.own.library import Place, open_library
from detectors.scan import Scanner, build_scanner

GROUP = "own data"
_LETTERS = "abcdefghiklmnoprstuvz"
_TEXTS = sorted((Path(__file__).parents[1] / "docs").glob("*.md"))


def run(*, quick: bool) -> list[Row]:
    """Register, then scan the documentation, cut into pieces of a kilobyte and of sixteen."""
    count = 20_000 if quick else 1_000_000
    keys = Keys(os.urandom(32))
    with tempfile.TemporaryDirectory(prefix="privet-") as directory:
        place = Place(Path(directory), Path(directory) / "data.key")
        write_secret(place.key, keys.master)
        began = time.process_time()
        built = rows.build(_customers(count), [rows.Column(name) for name in ("name", "email", "account")], keys)
        header = {**built.header, "name": "customers", "type": rows.DEFAULT_TYPE}
        size = write(place.set_path("customers"), keys, header, built.arrays)
        seconds = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        del built
        documents = [(str(number), _prose(number)) for number in range(20 if quick else 500)]
        written = passages.build(documents, keys)
        header = {**written.header, "name": "documents", "type": passages.DEFAULT_TYPE}
        write(place.set_path("documents"), keys, header, written.arrays)
        began = time.perf_counter()
        library = open_library(place)
        opened = time.perf_counter() - began
        plain = build_scanner()
        both = plain.with_own(library.detector())
        scanned = []
        for length in (1_000, 16_000):
            with_own, without = _costs([both, plain], length)
            scanned.append(Row(GROUP, f"scan, pieces of {length // 1000} KB", with_own, "ms/KB", floor=without))
    return [
        Row(GROUP, f"register {count:,} rows of three columns", seconds, "s", note=f"peak {peak:.0f} MB"),
        Row(GROUP, f"the set of {count:,} rows", size / 1e6, "MB", note="mapped; one copy for all processes"),
        Row(GROUP, "open and check every byte", opened, "s"),
        *scanned,
    ]


def _costs(scanners: Sequence[Scanner], length: int) -> list[float]:
    """Milliseconds of processor time for a kilobyte: by turns, so that all meet the same machine."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in _TEXTS)[:320_000]
    pieces = [(text[at : at + length], "") for at in range(0, len(text), length)]
    spent = [0.0] * len(scanners)
    for number, piece in enumerate([*pieces[:3], *pieces]):
        # What the first has read, the second has in its caches.
        for place in (0, 1) if number % 2 else (1, 0):
            began = time.process_time()
            scanners[place].scan_many([piece])
            spent[place] += time.process_time() - began if number >= 3 else 0.0
    return [seconds * 1e6 / len(text) for seconds in spent]


def _customers(count: int) -> Iterator[tuple[str, str, str]]:
    chooser = random.Random(1)
    for number in range(count):
        first, last = (_name(chooser, length) for length in (6, 9))
        yield f"{first} {last}", f"{first}.{last}@example.com".lower(), f"K-{number:07}-{chooser.randrange(100):02}"


def _name(chooser: random.Random, length: int) -> str:
    return "".join(chooser.choices(_LETTERS, k=length)).title()


def _prose(seed: int) -> str:
    chooser = random.Random(seed)
    return " ".join(_name(chooser, chooser.randint(2, 9)).lower() for _ in range(2_000))
