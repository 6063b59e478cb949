"""Who is asking: a `Principal`.

From verified proxy credentials, from a trusted gateway client's headers, or from the network the client is in. What
isn't verified names nobody. Reading files and checking hashes is `Credentials`.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from policy.model import Policy
from proxy.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Principal:
    """The person or program behind a request, and the department whose rules apply."""

    user: str | None
    department: str
    address: str


def identify(
    policy: Policy, *, address: str, user: str | None = None, claimed_department: str | None = None
) -> Principal:
    """The principal of a verified `user` (or nobody) at `address`.

    `claimed_department` comes from a trusted gateway client; one that the policy doesn't know counts for nothing.
    """
    if claimed_department is not None and claimed_department in policy.departments:
        return Principal(user=user, department=claimed_department, address=address)
    return Principal(user=user, department=policy.department_of(user, address), address=address)


def is_trusted(address: str, networks: Sequence[str]) -> bool:
    """Whether `address` lies in one of the networks. An address that can't be read is not trusted."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks)


def parse_basic(header: str) -> tuple[str, str] | None:
    """User and password of a `Proxy-Authorization: Basic …` header (RFC 7617); None if it is anything else."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon and user else None


class Credentials:
    """An htpasswd file with bcrypt hashes, as `htpasswd -B` writes it.

    bcrypt is slow on purpose, so that checks run in a thread and a check that succeeded is remembered, by keyed hash.
    """

    def __init__(self, users: Mapping[str, bytes]) -> None:
        self._users = dict(users)
        self._key = secrets.token_bytes(32)
        self._verified: set[bytes] = set()

    @classmethod
    def load(cls, path: Path) -> "Credentials":
        """Read the file. Raises `ConfigurationError` when it is missing or holds another kind of hash."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise ConfigurationError(f"{path}: identity.users_file can't be read: {error.strerror}") from None
        users: dict[str, bytes] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            user, _, hashed = line.strip().partition(":")
            if not user or not hashed.startswith(("$2a$", "$2b$", "$2y$")):
                raise ConfigurationError(f"{path}:{number}: expected user:bcrypt-hash, as `htpasswd -B` writes it")
            users[user] = hashed.replace("$2y$", "$2b$", 1).encode("ascii")
        return cls(users)

    async def verify(self, user: str, password: str) -> bool:
        """Whether this is the user's password."""
        digest = hmac.new(self._key, f"{user}\0{password}".encode(), hashlib.sha256).digest()
        if digest in self._verified:
            return True
        hashed = self._users.get(user)
        if hashed is None:
            return False
        # bcrypt reads 72 bytes; longer passwords are refused rather than cut off.
        secret = password.encode("utf-8")
        if len(secret) > 72 or not await asyncio.to_thread(bcrypt.checkpw, secret, hashed):
            return False
        self._verified.add(digest)
        return True
