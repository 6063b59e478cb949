import pytest

from detectors.recognizers.key_calls import find

KEY = "q7Rt2LmX9vBz4KdW8sYp3NfG6hJc"


@pytest.mark.parametrize(
    "form",
    [
        'createHmac("sha256", "§")', "hmac.new(b'§', msg, sha256)", 'Fernet(b"§")', '.signWith(HS256, "§")',
        'new SymmetricSecurityKey(Encoding.UTF8.GetBytes("§"))', 'token.SignedString([]byte("§"))',
        'new SecretKeySpec("§".getBytes(), "AES")', "hash_hmac('sha256', '§')", 'new HMACSHA256("§")',
    ],
)  # fmt: skip
def test_positives(found, form):
    assert found(find, form.replace("§", KEY)) == [(KEY, "SECRET")]


@pytest.mark.parametrize(
    "text",
    [
        "", "createHmac('sha256', process.env.KEY)", "createHmac('sha256', 'your-secret-key')", "Fernet(key)",
        "hmac.new(secret_key, msg, hashlib.sha256)", "createHmac('sha256', 'webhook-signing-secret')",
        "the HMAC (hash-based message authentication code) is long",
    ],
)  # fmt: skip
def test_near_misses(found, text):
    assert found(find, text) == []
