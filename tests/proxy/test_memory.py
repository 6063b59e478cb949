"""Who owns a token, and when a vault that fails refuses a request."""

from pathlib import Path

import pytest

from configs.settings import TokenSettings
from proxy.identity import Principal
from proxy.memory import Owner, earlier, remember
from proxy.message import Request
from proxy.transforms.deidentify import Deidentified
from proxy.transforms.token import make_token
from proxy.vault import SURROGATE, Vault, VaultError

TOKEN = make_token(b"k", "s", "EMAIL_ADDRESS", "a@b.c")
CHANGED = Deidentified(texts={}, tokens={TOKEN: "a@b.c", "Tavian": "Anna"}, applied=(), silent=frozenset({"Orla"}))
OWNER = Owner("s", "ana")


def post(path: str) -> Request:
    return Request(method="POST", host="api.openai.com", path=path, headers={}, body=b"{}")


@pytest.mark.parametrize(
    ("settings", "user", "expected"),
    [
        ({}, "ana", Owner("department:legal", "ana")),
        ({}, None, Owner("department:legal", "@10.0.0.1")),
        ({"scope": "tenant"}, "ana", Owner("tenant:acme", "ana")),
        ({"scope": "user"}, "ana", Owner("user:ana", "ana")),
        ({"scope": "user"}, None, Owner("user:10.0.0.1", "@10.0.0.1")),
        ({"vault_for": "scope"}, "ana", Owner("department:legal", "")),
    ],
)
def test_owners(settings: dict[str, str], user: str | None, expected: Owner) -> None:
    principal = Principal(user=user, department="legal", address="10.0.0.1")
    assert Owner.of(principal, "acme", TokenSettings.model_validate(settings)) == expected


async def test_what_is_remembered(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v.db", b"k" * 32)
    await remember(vault, OWNER, CHANGED, post("/v1/responses"))
    view = earlier(vault, OWNER)
    assert view is not None
    assert view.value(TOKEN) == "a@b.c"
    assert view.types == {"EMAIL_ADDRESS"}
    assert view.surrogates == {"Tavian": "Anna"}
    silent = view.entry("Orla")
    assert silent is not None
    assert (silent.kind, silent.value) == (SURROGATE, None)
    assert earlier(vault, Owner("s", "bob")) is None
    vault.close()


async def test_without_tokens_or_a_vault_there_is_nothing_to_do(tmp_path: Path) -> None:
    nothing = Deidentified(texts={}, tokens={}, applied=())
    vault = Vault(tmp_path / "v.db", b"k" * 32)
    await remember(vault, OWNER, nothing, post("/v1/responses"))
    assert earlier(vault, OWNER) is None
    vault.close()
    await remember(None, OWNER, CHANGED, post("/v1/responses"))
    assert earlier(None, OWNER) is None


async def test_a_vault_that_fails(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v.db", b"k" * 32)
    vault.close()
    with pytest.raises(VaultError):
        await remember(vault, OWNER, CHANGED, post("/v1/responses"))
    await remember(vault, OWNER, CHANGED, post("/v1/chat/completions"))
    assert earlier(vault, OWNER) is None
