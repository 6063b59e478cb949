import pytest

from detectors.recognizers.private_keys import find


def block(kind, body, end=True):
    return f"-----BEGIN {kind}-----\n{body}\n" + (f"-----END {kind}-----" if end else "")


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PGP PRIVATE KEY BLOCK"]
)
def test_a_block_is_one_finding(found, rnd, kind):
    text = block(kind, "\n".join(rnd(64, seed=line) for line in range(5)))
    assert found(find, f"key:\n{text}\nend") == [(text, "PRIVATE_KEY")]


def test_a_block_inside_json(found, rnd):
    text = block("PRIVATE KEY", rnd(64)).replace("\n", "\\n")
    assert found(find, f'{{"key": "{text}"}}') == [(text, "PRIVATE_KEY")]


def test_a_block_that_is_cut_off(found, rnd):
    text = block("RSA PRIVATE KEY", rnd(64), end=False)
    assert found(find, text)[0][0].startswith("-----BEGIN")


def test_blocks_of_other_programs(found, rnd):
    body = "".join(rnd(64, seed=line) + "\n" for line in range(3))
    ssh = f'---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "rsa"\n{body}---- END SSH2 ENCRYPTED PRIVATE KEY ----'
    assert found(find, ssh) == [(body, "PRIVATE_KEY")]
    digits = "".join(rnd(32, "0123456789abcdef", seed=line) + "\n" for line in range(16))
    vpn = f"-----BEGIN OpenVPN Static key V1-----\n{digits}-----END OpenVPN Static key V1-----"
    assert found(find, vpn) == [(digits, "PRIVATE_KEY")]


def test_two_blocks(found, rnd):
    text = block("RSA PRIVATE KEY", rnd(64))
    assert len(found(find, f"{text}\nand\n{text}")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "a private key",
        "",
        '("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----")',
        "-----BEGIN PRIVATE KEY-----\nXXXX\nXXXX\n-----END PRIVATE KEY-----",
        block("PRIVATE KEY", "x" * 64),
        block("PRIVATE KEY", "..."),
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


def test_wireguard(found, rnd):
    key = rnd(43) + "="
    assert found(find, f"PrivateKey = {key}\nPublicKey = {key}") == [(key, "PRIVATE_KEY")]
