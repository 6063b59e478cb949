"""All of the company's own data: the sets in a folder, the dictionaries that the settings name; opened as detectors.

Whatever can't be used is an error: a set that is missing though it is required, damaged, of another key; a dictionary
with a mistake. Nothing is opened in part.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from configs.entities import OWN_TYPE, entity_groups
from configs.state import KEY_BYTES, StateError, check_secret
from detectors.finding import Finding
from detectors.own import passages, rows
from detectors.own.container import SUFFIX, Container, open_container
from detectors.own.errors import OwnDataError
from detectors.own.hashing import Keys
from detectors.own.spans import Spans
from detectors.own.terms import Dictionary, DictionaryDetector, read_dictionary
from detectors.own.words import Words, words_of
from detectors.recognizers.source import Source

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

type Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where own data lies, and what of it must be there."""

    directory: Path
    key: Path
    required: tuple[str, ...] = ()
    dictionaries: tuple[Path, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """As plain values, for another process."""
        return {
            "directory": str(self.directory),
            "key": str(self.key),
            "required": list(self.required),
            "dictionaries": [str(path) for path in self.dictionaries],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Place":
        """The place that `to_plain` was called on."""
        return cls(
            Path(plain["directory"]),
            Path(plain["key"]),
            tuple(plain["required"]),
            tuple(Path(path) for path in plain["dictionaries"]),
        )

    def set_path(self, name: str) -> Path:
        """The file of a set."""
        return self.directory / f"{name}{SUFFIX}"

    def set_paths(self) -> list[Path]:
        """The files of all sets that are there. Raises `OwnDataError`."""
        try:
            return sorted(self.directory.glob(f"*{SUFFIX}")) if self.directory.is_dir() else []
        except OSError as error:
            raise OwnDataError(
                f"{self.directory}: can't be read: {error.strerror}. Give Privet's user access to it"
            ) from None

    def stamp(self) -> Stamp:
        """Something that changes when any of the files does."""
        stamps = []
        for path in (*self.set_paths(), *self.dictionaries):
            try:
                stat = path.stat()
                stamps.append((str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size))
            except OSError:
                stamps.append((str(path), 0, 0, -1))
        return tuple(stamps)


class _Finder(Protocol):
    name: str

    def find(self, words: Words) -> list[Finding]: ...


@dataclass(frozen=True, slots=True)
class Library:
    """Opened own data. `revision` is empty if there is none."""

    revision: str = ""
    types: tuple[str, ...] = ()
    sets: tuple[Container, ...] = ()
    dictionaries: tuple[Dictionary, ...] = ()
    _keys: Keys | None = field(default=None, repr=False)

    def facts(self) -> dict[str, Any]:
        """What may be told of it: names, kinds and numbers."""
        told = {str(one.header["name"]): {"kind": one.header["kind"], **amounts(one)} for one in self.sets}
        told |= {one.name: {"kind": "terms", "entries": one.size} for one in self.dictionaries}
        return {"revision": self.revision[:16], "sets": told}

    def detector(self) -> "OwnDetector | None":
        """What finds it; None if there is nothing to find."""
        if not self.revision:
            return None
        assert self._keys is not None or not self.sets
        finders: list[_Finder] = [_KINDS[one.header["kind"]](one, self._keys) for one in self.sets if self._keys]
        return OwnDetector(self.revision, finders, [DictionaryDetector(one) for one in self.dictionaries])


_KINDS: Mapping[str, Any] = {rows.KIND: rows.RowsDetector, passages.KIND: passages.PassagesDetector}


def amounts(container: Container) -> dict[str, int]:
    """How much a set holds."""
    return {name: int(container.header[name]) for name in ("rows", "documents") if name in container.header}


def read_keys(path: Path) -> Keys:
    """The key that own data is hashed with. Raises `OwnDataError`."""
    try:
        check_secret(path)
        key = path.read_bytes()
    except StateError as error:
        raise OwnDataError(f"registered data can't be read without its key: {error}") from None
    except OSError as error:
        raise OwnDataError(f"registered data can't be read without its key: {path}: {error.strerror}") from None
    if len(key) < KEY_BYTES:
        raise OwnDataError(f"{path}: expected a key of {KEY_BYTES} bytes, got {len(key)}. Restore it from a backup.")
    return Keys(key)


def open_library(place: Place) -> Library:
    """Open everything, each seal checked. Raises `OwnDataError`, and `SourceError` for a dictionary's mistakes."""
    dictionaries = tuple(read_dictionary(path) for path in place.dictionaries)
    paths = place.set_paths()
    missing = sorted(set(place.required) - {path.name.removesuffix(SUFFIX) for path in paths})
    if missing:
        where = place.set_path(missing[0])
        raise OwnDataError(
            f"data.required names {', '.join(missing)}, but {where} is missing. "
            f"Register it: privet data add … --name {missing[0]}, or take the name out of data.required"
        )
    keys = read_keys(place.key) if paths else None
    sets = tuple(open_container(path, keys) for path in paths) if keys is not None else ()
    for one in sets:
        _check(one)
    if not sets and not dictionaries:
        return Library()
    types = {str(one.header["type"]) for one in sets}.union(*(one.types for one in dictionaries))
    told = [*(one.seal for one in sets), *(one.digest for one in dictionaries)]
    revision = hashlib.sha256(repr(told).encode()).hexdigest()
    return Library(revision, tuple(sorted(types)), sets, dictionaries, keys)


def _check(container: Container) -> None:
    header, name = container.header, container.path.name.removesuffix(SUFFIX)
    if header.get("kind") not in _KINDS or not OWN_TYPE.fullmatch(str(header.get("type", ""))):
        raise OwnDataError(
            f"{container.path}: this Privet doesn't know data of this kind. Use the Privet that wrote it"
        )
    if header.get("name") != name or header["type"] in entity_groups():
        raise OwnDataError(f"{container.path}: the file was renamed: it is the set {header.get('name')!r}. Name it so")


class OwnDetector:
    """Everything of the library, as one detector (`detectors.scan.Detector`)."""

    def __init__(self, revision: str, finders: Sequence[_Finder], dictionaries: Sequence[DictionaryDetector]) -> None:
        self.name = f"own-{revision[:16]}"
        self._finders = tuple(finders)
        self._dictionaries = tuple(dictionaries)

    def find_many(self, sources: Sequence[Source]) -> list[list[Finding]]:
        """The findings in each text."""
        return [self._find(source) for source in sources]

    def _find(self, source: Source) -> list[Finding]:
        words = words_of(source.text)
        found = [finding for finder in self._finders for finding in finder.find(words)]
        found += [finding for one in self._dictionaries for finding in one.find(source, words)]
        return joined(found)

    def allowed(self, text: str) -> Spans:
        """Where what the company made public stands in a text."""
        if not any(one.allows for one in self._dictionaries):
            return Spans()
        words = words_of(text)
        return Spans(span for one in self._dictionaries for span in one.allowed(words))


def joined(findings: Sequence[Finding]) -> list[Finding]:
    """Findings of one type that overlap as one; those of different types may overlap."""
    result: list[Finding] = []
    last: dict[tuple[str, str], int] = {}
    for one in sorted(findings):
        key = (one.entity_type, one.detector)
        at = last.get(key)
        if at is not None and one.start < result[at].end:
            before = result[at]
            end, score = max(before.end, one.end), max(before.score, one.score)
            result[at] = Finding(before.start, end, one.entity_type, score, one.detector)
        else:
            last[key] = len(result)
            result.append(one)
    return result
