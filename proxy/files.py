"""`PoolFiles`: worker processes that open files, behind a cache, as the pipeline's `Files`.

A conversation sends its files again with every turn. They are remembered by a keyed hash, whose key is random and lives
in this process alone; the texts are, too, up to a number of characters. What was not read in full isn't remembered.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from configs.settings import ContentSettings, Settings
from detectors.finding import SkipReason
from proxy.content.opened import Form, Opened, opened_from_plain, unread
from proxy.content.replace import boxes, rewritten, still_readable
from proxy.errors import BodyError, DeadlineError, WorkerError
from proxy.jobs import CONTENT
from proxy.message import Attachment, Replacement
from proxy.workers import Pool

# What may be otherwise the next time: an answer that was late, a worker that died.
_PASSING = frozenset({SkipReason.TIMEOUT, SkipReason.DETECTOR_DOWN})
_ENOUGH = 2  # workers that a file may end before it is the reason
_SUSPECTS = 1_000
_OVERHEAD = 500  # characters: what an entry without text counts for


class FileCache:
    """Remembers what the last files said, up to `characters` in all."""

    def __init__(self, characters: int) -> None:
        self._room = characters
        self._key = secrets.token_bytes(32)
        self._opened: OrderedDict[bytes, Opened] = OrderedDict()
        self._used = 0
        self.hits = 0

    def __len__(self) -> int:
        return len(self._opened)

    def digest(self, file: Attachment) -> bytes:
        """What a file is remembered by: its bytes, and what they are said to be."""
        hashed = hashlib.blake2b(key=self._key, digest_size=32)
        for part in (file.media_type.encode(), file.name.encode("utf-8", "surrogatepass"), file.data):
            hashed.update(len(part).to_bytes(8, "big"))
            hashed.update(part)
        return hashed.digest()

    def get(self, digest: bytes) -> Opened | None:
        """What the file said, if it is remembered."""
        opened = self._opened.get(digest)
        if opened is not None:
            self.hits += 1
            self._opened.move_to_end(digest)
        return opened

    def put(self, digest: bytes, opened: Opened) -> None:
        """Remember a file, unless its reading may end otherwise the next time."""
        size = _size(opened)
        if size > self._room or digest in self._opened or _PASSING & set(opened.skipped):
            return
        self._opened[digest] = opened
        self._used += size
        while self._used > self._room:
            _, old = self._opened.popitem(last=False)
            self._used -= _size(old)


def _size(opened: Opened) -> int:
    return _OVERHEAD + sum(len(item.text) for item in opened.texts) + 50 * len(opened.words)


@dataclass(slots=True)
class PoolFiles:
    """Opens and changes files in worker processes."""

    settings: ContentSettings
    pool: Pool
    cache: FileCache = field(repr=False)
    _ended: OrderedDict[bytes, int] = field(default_factory=OrderedDict, repr=False)  # digest → workers that it ended

    async def open(self, file: Attachment) -> Opened:
        """The file's texts."""
        digest = await asyncio.to_thread(self.cache.digest, file)
        if (known := self.cache.get(digest)) is not None:
            return known
        try:
            plain = await self.pool.call(["open", file.data, file.media_type, file.name], within=self.settings.deadline)
            opened = opened_from_plain(plain)
        except DeadlineError:
            return unread(SkipReason.TIMEOUT)
        except (WorkerError, ValueError, TypeError):
            opened = unread(self._blame(digest))
        self.cache.put(digest, opened)
        return opened

    def _blame(self, digest: bytes) -> SkipReason:
        """Why there was no answer. A worker may end for any reason; a file that ends two of them is the reason."""
        count = self._ended.pop(digest, 0) + 1
        if count == _ENOUGH:
            return SkipReason.UNREADABLE  # and remembered, so that others needn't wait while it ends more
        self._ended[digest] = count
        while len(self._ended) > _SUSPECTS:
            self._ended.popitem(last=False)
        return SkipReason.DETECTOR_DOWN

    async def replace(self, file: Attachment, opened: Opened, texts: Sequence[str]) -> Replacement:
        """The file with these texts instead of its own."""
        if opened.form is not Form.PICTURE:
            return await asyncio.to_thread(rewritten, file.data, file.media_type, opened, texts)
        black = [list(box) for box in boxes(opened, texts)]
        data = await self.pool.call(["black", file.data, black], within=self.settings.deadline)
        if not isinstance(data, bytes):
            raise BodyError("a picture in which something was found can't be changed")
        again = await self.open(Attachment(file.pointer, file.role, data, opened.media_type))
        if again.skipped or still_readable(opened, texts, again):
            raise BodyError("what was found in a picture can still be read after it was blacked out")
        return Replacement(data, opened.media_type)


def opener(settings: Settings, pool_of: Callable[..., Pool]) -> PoolFiles | None:
    """What opens files, in workers of `pool_of`; None if the settings say that none are opened."""
    content = settings.content
    if not content.enabled:
        return None
    bounds = {
        "expanded_bytes": content.expanded_bytes,
        "members": content.members,
        "depth": content.depth,
        "characters": content.characters,
        "pixels": content.pixels,
        "pictures": content.pictures,
        "languages": "+".join(content.ocr_languages),
    }
    options = {"bounds": bounds, "memory": content.memory_bytes}
    pool = pool_of("content", CONTENT, options, content.workers)
    return PoolFiles(content, pool, FileCache(content.cache_characters))
