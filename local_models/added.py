"""The models that a company added to the catalogue: `models.json` in the models directory (`privet models add`).

An entry that can't be read is an error for everybody who asks for the catalogue, since a name that silently vanished
would turn a policy that is right into one that is wrong.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from local_models.errors import ModelError
from local_models.spec import ModelSpec

SCHEMA = "privet.models/1"
FILE = "models.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FREE = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC0-1.0",
        "CDLA-Permissive-1.0",
        "CDLA-Permissive-2.0",
        "ISC",
        "MIT",
        "MPL-2.0",
        "Unlicense",
    }
)


def limits_use(licence: str) -> bool:
    """Whether a licence may limit what a model is used for; only well-known ones (by SPDX id) are known not to."""
    return licence not in _FREE


def read(directory: Path) -> tuple[ModelSpec, ...]:
    """The company's entries. Raises `ModelError`."""
    path = directory / FILE
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ModelError(f"can't read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not JSON. Mend it, or restore it from a backup") from None
    if (
        not isinstance(document, dict)
        or document.get("schema") != SCHEMA
        or not isinstance(document.get("models"), list)
    ):
        raise ModelError(f"{path}: expected the schema {SCHEMA} and a list of models")
    return tuple(_spec(entry, path) for entry in document["models"])


def write(directory: Path, specs: Iterable[ModelSpec]) -> None:
    """Keep these entries, all at once or not at all. Raises `ModelError`."""
    rows = [{key: value for key, value in asdict(spec).items() if value not in ("", None, ())} for spec in specs]
    path = directory / FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=directory, prefix=f".{FILE}.")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"schema": SCHEMA, "models": rows}, file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            unfinished.chmod(0o644)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(f"can't write {path}: {error.strerror}. Name another place with PRIVET_MODELS_DIR") from None


def _spec(entry: Any, path: Path) -> ModelSpec:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ModelError(f"{path}: expected an object with a name for every model")
    known = {item.name: item for item in fields(ModelSpec)}
    if unknown := entry.keys() - known.keys():
        raise ModelError(f"{path}: {entry['name']} has unknown keys: {', '.join(sorted(unknown))}")
    values = {**entry, "languages": tuple(entry.get("languages", ()))}
    for key in ("name", "purpose", "source", "file", "sha256", "licence"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise ModelError(f"{path}: {entry['name']} has no {key}")
    for key in ("size", "context"):
        if not isinstance(values.get(key), int) or values[key] <= 0:
            raise ModelError(f"{path}: {entry['name']} has no {key}")
    if not NAME.fullmatch(values["name"]) or not _SHA256.fullmatch(values["sha256"]):
        raise ModelError(f"{path}: {entry['name']} has a name or a sha256 that is none")
    if values["purpose"] != "chat" or Path(values["file"]).name != values["file"]:
        raise ModelError(f"{path}: {entry['name']} is for {values['purpose']}, expected chat, or its file has a path")
    return ModelSpec(**values)
