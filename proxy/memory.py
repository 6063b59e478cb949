"""What Privet remembers of a person's tokens: who shares them, who gets them back, and when a request needs the vault.

A vault that can't be read knows nothing, so that what is quoted is scanned like any text. One that can't be written
refuses what the vendor keeps: a later reply from that could not be turned back. Other requests don't need it.
"""

import asyncio
from dataclasses import dataclass

from configs.settings import TokenSettings
from proxy.identity import Principal
from proxy.kept_state import leaves_state
from proxy.message import Request
from proxy.transforms.deidentify import Deidentified
from proxy.transforms.token import is_token
from proxy.vault import SURROGATE, Entry, Vault, VaultError, View


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose tokens these are."""

    scope: str  # those who have the same token for a value
    person: str  # of them the one who gets it back; empty for all

    @classmethod
    def of(cls, principal: Principal, policy_id: str, settings: TokenSettings) -> "Owner":
        """The owner as the settings have it. Without a name, a person is whoever asks from the same address."""
        person = principal.user or f"@{principal.address}"
        match settings.scope:
            case "tenant":
                scope = f"tenant:{policy_id}"
            case "user":
                scope = f"user:{principal.user or principal.address}"
            case _:
                scope = f"department:{principal.department}"
        return cls(scope, "" if settings.vault_for == "scope" else person)


def earlier(vault: Vault | None, owner: Owner) -> View | None:
    """What this person sent before; None if there is nothing, or if nobody can tell."""
    try:
        return vault.view(owner.scope, owner.person) if vault is not None else None
    except VaultError:
        return None


async def remember(vault: Vault | None, owner: Owner, changed: Deidentified, request: Request) -> None:
    """Keep a request's tokens. Raises `VaultError` if that fails, and the vendor keeps the request."""
    if vault is None or not (changed.tokens or changed.silent):
        return
    entries = [Entry(token, _kind(token), value) for token, value in changed.tokens.items()]
    entries += [Entry(token, _kind(token), None) for token in sorted(changed.silent)]
    if vault.keeps(owner.scope, owner.person, entries):
        return
    try:
        await asyncio.to_thread(vault.keep, owner.scope, owner.person, entries)
    except VaultError:
        if changed.tokens and leaves_state(request):
            raise


def _kind(token: str) -> str:
    """A token begins with its entity type."""
    return token.rpartition("_")[0] if is_token(token) else SURROGATE
