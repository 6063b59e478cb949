"""Hashes over bodies: RFC 6962 leaf and node hashes, and the root of a growing stream.

A record names the leaf hash before it (`prev`), which shows where a cut is; the Merkle root of all leaf hashes is what
checkpoints sign, which proves single records to third parties.
"""

import hashlib
from dataclasses import dataclass

HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)  # `prev` of a stream's first record
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body): RFC 6962, 2.1."""
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right): RFC 6962, 2.1."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Chain:
    """A stream's state after `size` records: its last leaf hash, and the full subtrees that give its root."""

    size: int = 0
    last: bytes = GENESIS
    subtrees: tuple[bytes, ...] = ()  # one per set bit of `size`, largest first

    def add(self, leaf: bytes) -> "Chain":
        """The state after one more record."""
        subtrees, node, size = list(self.subtrees), leaf, self.size
        while size & 1:
            node = node_hash(subtrees.pop(), node)
            size >>= 1
        return Chain(self.size + 1, leaf, (*subtrees, node))

    def root(self) -> bytes:
        """The Merkle root of all records so far."""
        if not self.subtrees:
            return EMPTY_ROOT
        *rest, root = self.subtrees
        for node in reversed(rest):
            root = node_hash(node, root)
        return root
