"""The file that one set of registered data lies in: a header in JSON, arrays, and a seal over all of it.

    magic                 16 bytes
    version, length of the header   two 4-byte numbers
    header                JSON: what it is, and where each array lies
    arrays                each from a multiple of 64 on
    seal                  32 bytes, keyed: neither damage nor another's hand goes unnoticed

Arrays are mapped, not read: all processes share one copy in memory, and the system may drop it under pressure. A file
is written beside its place and moved there in one step, so that there is always a whole one; who has the old one mapped
keeps it.
"""

import hashlib
import json
import mmap
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.state import make_private_dir
from detectors.own.errors import OwnDataError
from detectors.own.hashing import Keys

MAGIC = b"privet own data\n"
VERSION = 1
SUFFIX = ".set"
_SEAL_BYTES = 32
_ALIGNED = 64
_LONGEST_HEADER = 1_000_000
_STEP = 1 << 22

type AnyArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Container:
    """An opened file. `seal` says which contents these are."""

    path: Path
    header: Mapping[str, Any]
    seal: str
    arrays: Mapping[str, AnyArray] = field(repr=False)


def write(path: Path, keys: Keys, header: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> int:
    """Write a file in one step; its size. Raises `OwnDataError`."""
    placed: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        placed[name] = {"type": array.dtype.str, "length": len(array), "at": at}
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({**header, "key": keys.name, "arrays": placed}, separators=(",", ":")).encode()
    prefix = MAGIC + VERSION.to_bytes(4) + len(head).to_bytes(4) + head
    prefix += b"\0" * (-len(prefix) % _ALIGNED)
    sealed = hashlib.blake2b(prefix, key=keys.seal(), digest_size=_SEAL_BYTES)
    make_private_dir(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(prefix)
                for array in arrays.values():
                    data = memoryview(np.ascontiguousarray(array)).cast("B") if len(array) else b""
                    padding = b"\0" * (-len(data) % _ALIGNED)
                    for part in (data, padding):
                        sealed.update(part)
                        file.write(part)
                file.write(sealed.digest())
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OwnDataError(f"{path}: can't be written: {error.strerror}") from None
    return size


def open_container(path: Path, keys: Keys) -> Container:
    """Map a file whose seal is whole. Raises `OwnDataError` saying what is wrong with it and what to do."""
    again = f"Register the data again: privet data add … --name {path.stem}"
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except FileNotFoundError:
        raise OwnDataError(f"{path}: no such file. {again}") from None
    except (OSError, ValueError) as error:
        raise OwnDataError(f"{path}: can't be read: {getattr(error, 'strerror', type(error).__name__)}") from None
    if data[: len(MAGIC)] != MAGIC:
        raise OwnDataError(f"{path}: this is no file of registered data, or its beginning is damaged. {again}")
    version = int.from_bytes(data[16:20])
    if version != VERSION:
        raise OwnDataError(f"{path}: it has format {version}, this Privet reads format {VERSION}. {again}")
    length = int.from_bytes(data[20:24])
    damaged = OwnDataError(f"{path}: the file is damaged (its seal is broken). Restore it from a backup, or: {again}")
    try:
        if length > _LONGEST_HEADER:
            raise damaged
        header = json.loads(data[24 : 24 + length])
        key = header["key"]
    except (ValueError, KeyError, TypeError):
        raise damaged from None
    if key != keys.name:
        raise OwnDataError(
            f"{path}: it was made with another key than data.key in this state directory. Restore that key, or: {again}"
        )
    if not _whole(data, keys):
        raise damaged
    start = -(-(24 + length) // _ALIGNED) * _ALIGNED
    arrays = {
        name: np.frombuffer(data, dtype=np.dtype(one["type"]), count=one["length"], offset=start + one["at"])
        for name, one in header["arrays"].items()
    }
    return Container(path, header, data[-_SEAL_BYTES:].hex(), arrays)


def _whole(data: mmap.mmap | bytes, keys: Keys) -> bool:
    end = len(data) - _SEAL_BYTES
    if end < 24:
        return False
    sealed = hashlib.blake2b(key=keys.seal(), digest_size=_SEAL_BYTES)
    for at in range(0, end, _STEP):
        sealed.update(data[at : min(at + _STEP, end)])
    return secrets.compare_digest(sealed.digest(), data[end:])
