"""How a fitted answerer lies on disk: `answerer.npz` (arrays, never a pickle) and `answerer.json` with its SHA-256."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from local_models.errors import ModelError
from local_models.tasks.task import Task

SCHEMA = "privet.answerer/1"
ABOUT_FILE, ARRAYS_FILE = "answerer.json", "answerer.npz"
_LARGEST = 500_000_000  # bytes of arrays

type Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What was read, its hash checked."""

    directory: Path
    about: Mapping[str, Any] = field(repr=False)
    arrays: Mapping[str, Array] = field(repr=False)

    def array(self, name: str, shape: tuple[int, ...]) -> Array:
        """An array of finite numbers in this shape. Raises `ModelError`."""
        found = self.arrays.get(name)
        if found is None or found.shape != shape or not np.isfinite(found).all():
            what = "nothing" if found is None else f"shape {found.shape}"
            raise ModelError(f"{self.directory / ARRAYS_FILE}: {name} is {what}, expected {shape} of finite numbers")
        return np.asarray(found, dtype=np.float32)

    def number(self, name: str) -> float:
        """A number that is told of it. Raises `ModelError`."""
        value = self.about.get(name)
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise ModelError(f"{self.directory / ABOUT_FILE}: {name} is no number. Choose anew")
        return float(value)


def write_stored(directory: Path, kind: str, arrays: Mapping[str, Array], about: Mapping[str, Any]) -> None:
    """Write both files. The same values give the same bytes. Raises `ModelError`."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ARRAYS_FILE).write_bytes(buffer.getvalue())
    except OSError as error:
        raise _unwritten(directory, error) from None
    write_about(directory, kind, {"sha256": sha256, **about})


def write_about(directory: Path, kind: str, about: Mapping[str, Any]) -> None:
    """Write what an answerer says of itself. Raises `ModelError`."""
    text = json.dumps({"schema": SCHEMA, "kind": kind, **about}, indent=1, ensure_ascii=False) + "\n"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / ABOUT_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritten(directory, error) from None


def read_about(directory: Path, task: Task) -> Mapping[str, Any]:
    """What an answerer's directory says, checked against the task. Raises `ModelError`."""
    path, again = directory / ABOUT_FILE, _again(task)
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"can't read the answerer {path}: {error.strerror}. {again}") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not UTF-8 JSON. {again}") from None
    if not isinstance(about, dict) or about.get("schema") != SCHEMA:
        raise ModelError(f"{path} is not of schema {SCHEMA}. {again}")
    if about.get("task") != task.id:
        raise ModelError(f"{path} was made for the task {about.get('task')!r}, expected {task.id!r}. {again}")
    if about.get("task_revision") != task.revision:
        raise ModelError(f"{path}: the task {task.id} or its examples were changed since it was made. {again}")
    return about


def read_stored(directory: Path, kind: str, task: Task) -> Stored:
    """Read both files, and check that they belong together and to this task. Raises `ModelError`."""
    about, again = read_about(directory, task), _again(task)
    if about.get("kind") != kind:
        raise ModelError(f"{directory / ABOUT_FILE} is of kind {about.get('kind')!r}, expected {kind!r}. {again}")
    try:
        raw = (directory / ARRAYS_FILE).read_bytes()
    except OSError as error:
        raise ModelError(f"can't read the answerer {directory / ARRAYS_FILE}: {error.strerror}. {again}") from None
    if (actual := hashlib.sha256(raw).hexdigest()) != about.get("sha256"):
        raise ModelError(f"{directory / ARRAYS_FILE} has sha256 {actual}, expected {about.get('sha256')}. {again}")
    return Stored(directory, about, _arrays(raw, directory / ARRAYS_FILE, again))


def _unwritten(directory: Path, error: OSError) -> ModelError:
    return ModelError(f"can't write the answerer to {directory}: {error.strerror}")


def _again(task: Task) -> str:
    return f"Make it anew with: privet models choose --task {task.id}"


def _arrays(raw: bytes, path: Path, again: str) -> Mapping[str, Array]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(one.file_size for one in archive.infolist()) > _LARGEST:
                raise ModelError(f"{path} unpacks to more than {_LARGEST} bytes. {again}")
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile):
        raise ModelError(f"{path} holds no arrays. {again}") from None
