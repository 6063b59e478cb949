"""What the detectors' own files say, as one digest: whatever changes what is found changes it.

Remembered scans are kept under a revision that this is part of, so that those of another version are never used again.
A digest of the files and not a number to raise by hand: a number is forgotten, and then an old scan lets a value pass.
"""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
# What decides what is found: code, terms and tables. The hashes of models' weights stand in the code or in cards.
_KINDS = frozenset({".py", ".json", ".txt", ".yaml", ".tsv"})


def digest(folder: Path) -> str:
    """One digest of the names and bytes of every such file below a folder, the same on every machine."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        if path.suffix in _KINDS and path.is_file():
            content = path.read_bytes()
            whole.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()


@cache
def detection_revision() -> str:
    """The digest of this package, read once in a process."""
    return digest(_PACKAGE)
