"""Many expressions on bytes as one automaton: Hyperscan (Vectorscan's build of it), and the file that it is kept in.

Compiling takes a second or two, so what comes out is kept beside the package's byte code, under a digest of the
expressions, and is as much to be trusted as that is. Where nothing can be written, each process compiles it again.
Where there is no Hyperscan, or it can't be used, there is no database, and everything works without.
"""

import contextlib
import hashlib
import logging
import os
import platform
import tempfile
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

try:
    import hyperscan

    VERSION: str | None = version("hyperscan")
except ImportError:  # a platform without a wheel; what has no metadata isn't installed, either
    VERSION = None

log = logging.getLogger("privet.detectors")

FOLDER = Path(__file__).parent / "__pycache__"
_DIGEST = hashlib.sha256().digest_size
# Hyperscan misses what ends a text of some twenty bytes, with some sets of expressions. Nothing ends the text now.
_BEHIND = bytes(64)
_ROOM, _SHARE = 256, 4  # places told of a text: so many, and one for so many of its characters


class Database:
    """The compiled expressions, by number."""

    def __init__(self, compiled: "hyperscan.Database") -> None:
        self._compiled = compiled
        self._compiled.scratch = hyperscan.Scratch(compiled)
        self._lock = threading.Lock()  # there is one scratch space

    def ends(self, data: bytes) -> dict[int, list[int]] | None:
        """Where matches end, of each expression that has any; None if they are so many that it says nothing."""
        found: dict[int, list[int]] = {}
        size = len(data)
        room = _ROOM + size // _SHARE

        def tell(number: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
            nonlocal room
            if end > size:
                return None
            room -= 1
            if number in found:
                found[number].append(end)
            else:
                found[number] = [end]
            return room < 0

        with self._lock:
            try:
                self._compiled.scan(data + _BEHIND, match_event_handler=tell)
            except hyperscan.HyperscanError:  # there were too many, or it lacks memory
                return None
        return found


def open_database(expressions: Sequence[tuple[str, bool]], folder: Path = FOLDER) -> Database | None:
    """The automaton of these expressions, from its file or compiled; None where there can be none.

    With each expression: whether it is enough to know that it matches at all.
    """
    if VERSION is None or not expressions:
        return None
    described = repr((VERSION, platform.machine(), platform.system(), *expressions))
    file = folder / f"gate-{hashlib.sha256(described.encode()).hexdigest()[:32]}.hyperscan"
    try:
        compiled = _read(file)
        if compiled is None:
            compiled = _compile(expressions)
            _write(file, hyperscan.dumpb(compiled))
        return Database(compiled)
    except hyperscan.HyperscanError as error:
        log.warning("detection is slower than it could be: Hyperscan says %s", type(error).__name__)
        return None


def _compile(expressions: Sequence[tuple[str, bool]]) -> "hyperscan.Database":
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    compiled.compile(
        expressions=[expression.encode("ascii") for expression, _ in expressions],
        ids=list(range(len(expressions))),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH if once else 0 for _, once in expressions],
    )
    return compiled


def _read(file: Path) -> "hyperscan.Database | None":
    """What the file holds; None if there is none, or if it is damaged or another processor's."""
    try:
        data = file.read_bytes()
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:  # a damaged one would miss what is there
            return None
        return hyperscan.loadb(data[_DIGEST:], hyperscan.HS_MODE_BLOCK)
    except (OSError, hyperscan.HyperscanError):
        return None


def _write(file: Path, data: bytes) -> None:
    """Keep it, whole or not at all, and forget those of other expressions. Nobody misses what can't be written."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix="gate-")
        with os.fdopen(handle, "wb") as written:
            written.write(hashlib.sha256(data).digest() + data)
            os.fchmod(handle, 0o644)  # who may run the package may read it
        Path(name).replace(file)
        for other in file.parent.glob("gate-*.hyperscan"):
            if other != file:
                other.unlink()
