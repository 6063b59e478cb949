"""Who is asking, and who is believed."""

import base64
from pathlib import Path

import bcrypt
import pytest

from policy.load import load_policy
from proxy.errors import ConfigurationError
from proxy.identity import Credentials, identify, is_trusted, parse_basic

POLICY = """
schema: privet.policy/1
id: acme
defaults: {effect: allow}
departments:
  finance: {networks: [10.1.0.0/16], users: [ana]}
  support: {networks: [10.2.0.0/16, "fd00::/8"]}
"""


@pytest.fixture
def policy(tmp_path: Path):
    (tmp_path / "policy.yaml").write_text(POLICY)
    return load_policy(tmp_path / "policy.yaml")


@pytest.mark.parametrize(
    ("address", "user", "claimed", "department"),
    [
        ("10.1.2.3", None, None, "finance"),
        ("10.2.2.3", None, None, "support"),
        ("fd00::1", None, None, "support"),
        ("10.2.2.3", "ana", None, "finance"),  # the person counts for more than where they sit
        ("192.168.1.1", None, None, "default"),
        ("192.168.1.1", "bob", None, "default"),
        ("192.168.1.1", "bob", "support", "support"),
        ("10.1.2.3", None, "nonsense", "finance"),
        ("", None, None, "default"),
        ("not an address", None, None, "default"),
    ],
)
def test_departments(policy, address, user, claimed, department) -> None:
    principal = identify(policy, address=address, user=user, claimed_department=claimed)
    assert (principal.department, principal.user, principal.address) == (department, user, address)


@pytest.mark.parametrize(
    ("address", "networks", "trusted"),
    [
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("::ffff:127.0.0.1", ["127.0.0.0/8"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("127.0.0.1", [], False),
        ("10.0.0.1", ["127.0.0.0/8", "::1/128"], False),
        ("", ["0.0.0.0/0"], False),
        ("localhost", ["0.0.0.0/0"], False),
    ],
)
def test_trust(address, networks, trusted) -> None:
    assert is_trusted(address, networks) is trusted


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (_basic("ana:secret"), ("ana", "secret")),
        (_basic("ana:se:cret"), ("ana", "se:cret")),
        (_basic("ana:"), ("ana", "")),
        (_basic(":secret"), None),
        (_basic("ana"), None),
        ("Bearer abc", None),
        ("Basic !!!", None),
        ("Basic /w==", None),
        ("", None),
    ],
)
def test_basic(header, expected) -> None:
    assert parse_basic(header) == expected


async def test_credentials(tmp_path: Path) -> None:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    file = tmp_path / "users"
    file.write_text(f"# people\n\nana:{hashed}\nbob:{hashed.replace('$2b$', '$2y$')}\n")
    credentials = Credentials.load(file)
    assert await credentials.verify("ana", "secret")
    assert await credentials.verify("ana", "secret")  # remembered
    assert await credentials.verify("bob", "secret")
    assert not await credentials.verify("ana", "other")
    assert not await credentials.verify("eve", "secret")
    assert not await credentials.verify("ana", "secret" + "x" * 80)


@pytest.mark.parametrize("line", ["ana:plaintext", "ana", "ana:$apr1$abc"])
def test_other_files_are_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "users"
    file.write_text(line)
    with pytest.raises(ConfigurationError, match=":1: expected user:bcrypt-hash") as error:
        Credentials.load(file)
    assert "plaintext" not in str(error.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        Credentials.load(tmp_path / "none")
