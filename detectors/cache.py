"""The same text is never scanned twice: a bounded memory of scans, in the process that hands texts out.

Clients send a conversation's whole history with every turn. The memory is keyed by a keyed hash of the field's name and
the text; the key is random and lives in this process alone, and the values are findings, which hold no text. So the
memory tells nothing about what was scanned, not even whether a guess was. Detectors don't change while a process runs:
other models come with a restart, and with an empty memory.
"""

import hashlib
import secrets
from collections import OrderedDict

from detectors.finding import Scan


class ScanCache:
    """Remembers the last `entries` scans. A scan with `skipped` is never remembered."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._key = secrets.token_bytes(32)
        self._scans: OrderedDict[bytes, Scan] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._scans)

    def get(self, text: str, context: str) -> Scan | None:
        """The scan of this text in a field of this name, if it is remembered."""
        digest = self._digest(text, context)
        scan = self._scans.get(digest)
        if scan is None:
            self.misses += 1
            return None
        self.hits += 1
        self._scans.move_to_end(digest)
        return scan

    def put(self, text: str, context: str, scan: Scan) -> None:
        """Remember a scan that was done in full."""
        if scan.skipped or not self._entries:
            return
        self._scans[self._digest(text, context)] = scan
        while len(self._scans) > self._entries:
            self._scans.popitem(last=False)

    def _digest(self, text: str, context: str) -> bytes:
        name = context.encode("utf-8", "surrogatepass")
        data = b"%d:%b%b" % (len(name), name, text.encode("utf-8", "surrogatepass"))
        return hashlib.blake2b(data, key=self._key, digest_size=24).digest()
