"""Files and folders → findings, in processes of their own: what `privet scan` does, without what it prints."""

import bisect
import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.context import Cli

if TYPE_CHECKING:
    from detectors.explain import Explained
    from detectors.finding import Finding
    from detectors.scan import Scanner

STDIN = "-"
_MANY = 400_000  # bytes from which on a second process is worth the seconds in which it loads its models
# What is text, but says more when it is opened.
_LETTERS = (".eml", ".mht", ".mhtml", ".rtf")
_WIDEST = 48  # characters of a mask
_LARGEST = 100_000_000  # bytes of one file
_WHY = {"too_large": "disguises in disguises, deeper or longer than are read", "detector_error": "a detector failed"}


@dataclass(frozen=True, slots=True)
class Place:
    """One finding in one file. Lines and columns count from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    entity_type: str
    score: float
    detector: str
    masked: str = ""
    # With `--explain`:
    dropped: str = ""
    disguised: bool = False
    alone: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted of each finding."""

    explain: bool = False
    show: bool = False  # the value itself instead of its mask


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found in one file, and what could not be read of it."""

    name: str
    places: tuple[Place, ...] = ()
    problems: tuple[str, ...] = ()
    texts: int = 0
    languages: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text → its languages, where anybody can tell


def files_in(names: Sequence[str], problems: list[str]) -> Iterator[str]:
    """The files that are named, and those in the folders that are, without hidden ones and links, in order.

    In folders, only files: a pipe there would be waited for, for ever. What can't be looked into is told in `problems`.
    """
    for name in names:
        path = Path(name)
        if name == STDIN or not path.is_dir():
            yield name
            continue
        for folder, inner, files in path.walk(on_error=partial(_unread, problems)):
            inner[:] = sorted(one for one in inner if not one.startswith("."))
            for file in sorted(files):
                if not file.startswith(".") and stat.S_ISREG((folder / file).lstat().st_mode):
                    yield str(folder / file)


def _unread(problems: list[str], error: OSError) -> None:
    problems.append(f"{error.filename}: {error.strerror or 'unreadable'}")


def scan_files(
    names: Sequence[str], options: Options, build: "Callable[[], Scanner]", jobs: int | None = None
) -> Iterator[Scanned]:
    """What is in each file, as soon as it is known. Raises `DetectorError` if there are no detectors."""
    wanted = _jobs(names) if jobs is None else min(jobs, len(names))
    if wanted < 2 or STDIN in names:
        scanner = build()
        for name in names:
            yield scan_file(scanner, name, options)
        return
    # Models are not to be shared by a fork: each process loads its own.
    with ProcessPoolExecutor(wanted, get_context("spawn"), _load, (build,)) as pool:
        tasks = {pool.submit(_scan, name, options): name for name in names}
        for task in as_completed(tasks):
            name = tasks[task]
            try:
                yield task.result()
            except BrokenProcessPool:
                yield Scanned(name, problems=(f"{name}: the process that read it, or another file, ended",))


def scan_file(scanner: "Scanner", name: str, options: Options) -> Scanned:
    """What is in one file."""
    texts, problems = _read(name)
    places: list[Place] = []
    spoken: list[tuple[str, tuple[str, ...]]] = []
    for file, text in texts:
        found, skipped, languages = _places(scanner, file, text, options)
        places += found
        spoken += [(file, languages)] if languages else []
        problems += [f"{file}: not inspected in full: {_WHY.get(reason, reason)}" for reason in skipped]
    return Scanned(name, tuple(places), tuple(problems), len(texts), tuple(spoken))


def build(cli: Cli) -> "Scanner":
    """The scanner with the company's own data. Raises `DetectorError`."""
    from console.own_data import library_of, settings_if_any  # noqa: PLC0415 - in the process that scans
    from detectors import scan  # noqa: PLC0415 - the same

    return scan.build_scanner(own=library_of(settings_if_any(cli)).detector())


_kept: list["Scanner"] = []


def _load(build: "Callable[[], Scanner]") -> None:
    _kept.append(build())


def _scan(name: str, options: Options) -> Scanned:
    return scan_file(_kept[0], name, options)


def _jobs(names: Sequence[str]) -> int:
    size = 0
    for name in names:
        if name != STDIN and Path(name).is_file():
            size += Path(name).stat().st_size
    return min(os.process_cpu_count() or 1, len(names), 1 + size // _MANY)


def _read(name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Each text in a file with its name, and a line for each thing that can't be read."""
    shown = "<stdin>" if name == STDIN else name
    try:
        if name == STDIN:
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with open(name, "rb") as stream:  # noqa: PTH123 - the name as it was typed stands in every message
                data = stream.read(_LARGEST + 1)
    except OSError as error:
        return [], [f"{shown}: {error.strerror or 'unreadable'}"]
    if len(data) > _LARGEST:
        return [], [f"{shown}: larger than {_LARGEST // 1_000_000} MB; split it"]
    if not name.lower().endswith(_LETTERS):
        with contextlib.suppress(UnicodeDecodeError):
            return [(shown, data.decode("utf-8-sig"))], []
    return _opened(shown, data)


def _opened(name: str, data: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """The texts of a document, an archive or a picture, as in requests; and why some of it could not be read."""
    from proxy.content.bounds import Bounds  # noqa: PLC0415 - most files are text
    from proxy.content.read import open_file  # noqa: PLC0415

    try:
        opened = open_file(data, "", "" if name == "<stdin>" else name, Bounds())
        if not opened.texts:
            # The name may say another format than the bytes do, and here nobody is deceived by it.
            anonymous = open_file(data, "", "", Bounds())
            opened = anonymous if anonymous.texts else opened
    except MemoryError:
        return [], [f"{name}: it needs more memory than there is"]
    texts = [(f"{name}~file/{number}", item.text) for number, item in enumerate(opened.texts)]
    reasons = ", ".join(reason.value for reason in opened.skipped)
    return texts, [f"{name}: a part of it can't be read ({reasons}); see docs/content.md"] if reasons else []


def _places(
    scanner: "Scanner", file: str, text: str, options: Options
) -> tuple[list[Place], list[str], tuple[str, ...]]:
    from detectors.whole import gathered, parts  # noqa: PLC0415 - with the detectors

    among = parts(text)
    scan = gathered(among, scanner.scan_many([(part.text, part.context) for part in among]))
    lines = Lines(text)
    found = [lines.place(file, one, options) for one in scan.findings]
    if options.explain:
        from detectors.explain import explain  # noqa: PLC0415 - the same

        found = []
        for part in among:
            for one in explain(scanner, part.text, part.context):
                if one.finding.end <= part.told:
                    continue
                span = (one.finding.start, one.finding.end) if part.start is None else (part.start, part.end)
                found.append(lines.place(file, one.finding, options, one, span))
        found.sort(key=lambda place: (place.start, bool(place.dropped)))
    return found, [item.reason.value for item in scan.skipped], scan.languages


def _short(masked: str) -> str:
    """A mask that fits a line; how long the value is stays said."""
    return masked if len(masked) <= _WIDEST else f"{masked[: _WIDEST // 2]}… ({len(masked)} characters)"


@dataclass(slots=True)
class Lines:
    """A text by its lines."""

    text: str = field(repr=False)
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Note where lines begin."""
        self.starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            self.starts.append(position + 1)
            position = self.text.find("\n", position + 1)

    def place(
        self,
        file: str,
        finding: "Finding",
        options: Options,
        why: "Explained | None" = None,
        span: tuple[int, int] | None = None,
    ) -> Place:
        """Where a finding stands."""
        from proxy.transforms.mask import mask  # noqa: PLC0415 - with the readers

        start, end = span or (finding.start, finding.end)
        line, last = bisect.bisect_right(self.starts, start), bisect.bisect_right(self.starts, end - 1)
        value = self.text[start:end]
        return Place(
            file=file,
            line=line,
            column=start - self.starts[line - 1] + 1,
            end_line=last,
            end_column=end - self.starts[last - 1] + 1,
            start=start,
            end=end,
            entity_type=finding.entity_type,
            score=round(finding.score, 2),
            detector=finding.detector,
            masked=value if options.show else _short(mask(value)),
            dropped=why.dropped if why else "",
            disguised=why.disguised if why else False,
            alone=why.alone if why else None,
            words=why.words if why else (),
        )
