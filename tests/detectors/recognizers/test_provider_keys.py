import string

import pytest

from detectors.recognizers.provider_keys import find

HEX, UPPER, LOWER = "0123456789abcdef", string.ascii_uppercase + "234567", string.ascii_lowercase + string.digits


@pytest.mark.parametrize(
    ("prefix", "length", "alphabet"),
    [
        ("sk-proj-", 48, None),
        ("sk-ant-api03-", 80, None),
        ("gsk_", 52, None),
        ("hf_", 34, None),
        ("AIza", 35, None),
        ("ghp_", 36, None),
        ("github_pat_", 60, None),
        ("glpat-", 20, None),
        ("npm_", 36, None),
        ("xoxb-", 40, None),
        ("sk_live_", 24, None),
        ("shpat_", 32, HEX),
        ("dapi", 32, HEX),
        ("dop_v1_", 64, HEX),
        ("hvs.", 24, None),
        ("SK", 32, HEX),
        ("key-", 32, HEX),
        ("glsa_" + "a1b2c3d4" * 4 + "_", 8, HEX),
        ("dckr_pat_", 27, None),
    ],
)
def test_prefixes(found, rnd, prefix, length, alphabet):
    token = prefix + (rnd(length, alphabet) if alphabet else rnd(length))
    for text in (token, f'KEY="{token}"', f"use {token}, please"):
        assert (token, "API_KEY") in found(find, text)


def test_structures(found, rnd):
    telegram = rnd(9, string.digits) + ":AA" + rnd(33)
    sendgrid = f"SG.{rnd(22)}.{rnd(43)}"
    mailchimp = rnd(32, HEX) + "-us12"
    for token in (telegram, sendgrid, mailchimp):
        assert (token, "API_KEY") in found(find, f"x = '{token}'")


def test_aws(found, rnd):
    key = "AKIA" + rnd(16, UPPER)
    secret = "aB3" + rnd(36) + "/"
    assert found(find, key) == [(key, "AWS_ACCESS_KEY")]
    assert (secret, "AWS_ACCESS_KEY") in found(find, f"aws_secret_access_key = {secret}")
    assert found(find, f"digest {secret}") == []


def test_password_hashes(found, rnd):
    assert found(find, "$2b$12$" + rnd(53))[0][1] == "SECRET"


@pytest.mark.parametrize(
    "text",
    [
        "sk-" + "x" * 40,
        "ghp_" + "a" * 36,
        "sk-your-api-key-goes-here-1234567890",
        "task-management-for-everyone-2024-edition",
        "AKIAIOSFODNN7EXAMPLE"[:10],
        "hf_hub_download",
        "npm_config_registry",
        "s.addComponentsFromRegistry",
        "wXes/8AQ0cAAAAA//////8AYEwAA/AP8AkzIAADjAzZrNMv8Ab74AAC1D/Pf8uf8AUK8AAERb3a3d",
        "the Workspace ID (for example, `wrkspc_011CZkZaBF1tNoB5wlCeusgy`)",
        "secret: class V1OrganizationExternalKeysPostRequests(Base)",
        "key: arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "commit 8f14e45fceea167a5a36dedd4bea25438f14e45f",
        "push rejected, token mismatch at 8f14e45fceea167a5a36dedd4bea25438f14e45f",
        "Authority Key Identifier: 8f14e45fceea167a5a36dedd4bea25438f14e45f",
        "MD5 (token.bin) = 8f14e45fceea167a5a36dedd4bea2543",
        "https://kv.vault.azure.net/secrets/DbPassword/8f14e45fceea167a5a36dedd4bea2543",
        "rotated secret version 3f2a9c1e-7b64-4d0a-9e1f-5c6d7e8f9a0b",
        "order_k3Zq9Xw7Lm2Vb8Rt5Yp1QsDf6G",
        "integrity sha256-" + "A" * 43 + "=",
        "https://example.com/risk-assessment-of-the-decade",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@pytest.mark.parametrize("name", ["jenkins_token", "okta api_key", "AZURE_DEVOPS_PAT"])
def test_shapes_count_beside_their_name(found, rnd, name):
    token = rnd(40, HEX)
    assert (token, "API_KEY") in found(find, f"{name}: {token}")


@pytest.mark.parametrize("head", ["$y$j9T$", "$6$", "$2b$12$", "{SSHA}"])
def test_hashes_of_passwords(found, rnd, head):
    rest = {"$y$j9T$": rnd(22) + "$" + rnd(43), "$6$": rnd(16) + "$" + rnd(86), "$2b$12$": rnd(53)}.get(head, rnd(40))
    assert (head + rest, "SECRET") in found(find, f"user:{head}{rest}:19000")


def test_an_accounts_token_stands_behind_it(found, rnd):
    account, token = "AC" + rnd(32, HEX), rnd(32, HEX, seed=2)
    assert (token, "API_KEY") in found(find, f'Client("{account}", "{token}")')


def test_unseal_keys_and_numbered_keys(found, rnd):
    share = rnd(44)
    assert found(find, f"Unseal Key 2: {share}") == [(share, "SECRET")]
    assert found(find, f"vault operator unseal {share}") == [(share, "SECRET")]
    assert found(find, "unseal the vault before noon, then seal it") == []
    numbered = "10-" + rnd(64)
    assert (numbered, "API_KEY") in found(find, f'"params": ["{numbered}"]')
    assert found(find, "v10-" + rnd(64)) == []
