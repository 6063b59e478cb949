"""Archives: zip, tar, and what is compressed with gzip, bzip2 or xz. Each member is a file of its own."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, cast

from detectors.finding import SkipReason
from proxy.content.bounds import Exceeded
from proxy.content.sink import Sink

ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError)
_ENCRYPTED = 0x1


def read_zip(data: bytes, sink: Sink) -> None:
    """Every member."""
    for name, member in members(data, sink):
        sink.file(member, name=name)


def members(data: bytes, sink: Sink) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file in a zip; what can't be unpacked is skipped. Raises `Exceeded`."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except ZIP_ERRORS:
        sink.skip(SkipReason.UNREADABLE)
        return
    sink.text(archive.comment.decode("utf-8", "replace"))
    infos = archive.infolist()
    if min((info.header_offset for info in infos), default=0) > 0 or not _ends(data):
        sink.skip(SkipReason.UNREADABLE)  # something stands before or behind the archive
    if len(infos) > sink.bounds.members:
        raise Exceeded
    for info in infos:
        if info.comment:
            sink.text(info.comment.decode("utf-8", "replace"))
        if info.is_dir():
            sink.text(info.filename)
            continue
        if info.flag_bits & _ENCRYPTED:
            sink.text(info.filename)
            sink.skip(SkipReason.UNREADABLE)
            continue
        try:
            with archive.open(info) as stream:
                member = _bounded(stream, sink)
        except ZIP_ERRORS:
            sink.skip(SkipReason.UNREADABLE)
            continue
        yield info.filename, member


def _ends(data: bytes) -> bool:
    """Whether nothing stands behind the archive's end record, which is 22 bytes and a comment."""
    at = data.rfind(b"PK\x05\x06")
    return at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") == len(data)


def read_tar(data: bytes, sink: Sink) -> None:
    """Every member that is a file; of the others, the names."""
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
            for info in archive:
                stream = archive.extractfile(info) if info.isreg() else None
                sink.text("\n".join(text for text in (info.uname, info.gname, info.linkname) if len(text) > 4))
                if stream is None:
                    sink.text(info.name)
                else:
                    sink.file(_bounded(stream, sink), name=info.name)
    except (tarfile.TarError, EOFError, OSError):
        sink.skip(SkipReason.UNREADABLE)


def read_compressed(data: bytes, name: str, sink: Sink) -> None:
    """What is compressed, as a file that is called the same without the last ending."""
    if data.startswith(b"\x1f\x8b"):
        unpacker: Callable[[BytesIO], object] = _gunzip
    else:
        unpacker = bz2.BZ2File if data.startswith(b"BZh") else lzma.LZMAFile
    try:
        inner = _bounded(cast("IO[bytes]", unpacker(BytesIO(data))), sink)
    except ZIP_ERRORS:
        sink.skip(SkipReason.UNREADABLE)
        return
    stem, _, ending = name.rpartition(".")
    sink.file(inner, name=f"{stem}.tar" if ending in {"tgz", "tbz2", "txz"} else stem)


def _gunzip(packed: BytesIO) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=packed)


def _bounded(stream: IO[bytes], sink: Sink) -> bytes:
    data = stream.read(sink.room + 1)
    sink.expand(len(data))
    return data
