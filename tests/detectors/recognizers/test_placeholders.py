import pytest

from detectors.recognizers.placeholders import entropy, is_code, is_placeholder


@pytest.mark.parametrize(
    "value",
    ["<your-key>", "${DB_PASSWORD}", "xxxxxxxx", "****", "changeme", "your_api_key", "None", "password", "{{ token }}", "%PASSWORD%",
     "/run/secrets/db", "https://example.com", "arn:aws:iam::x", "replace-me", "ENC[AES256,x]", "{cipher}5fa2", "op://v/i/token", "AKIAIOSFODNN7EXAMPLE"],
)  # fmt: skip
def test_placeholders(value):
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value", ["hunter2", "Tr0ub4dor&3", "p@ss w0rd", "8f14e45fceea167a5a36dedd4bea2543", "correct-horse-9"]
)
def test_secrets(value):
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    ("value", "code"), [("user.password", True), ("get_token(", True), ("DB_PASSWORD", True), ("hunter2", False)]
)
def test_code(value, code):
    assert is_code(value) is code


def test_entropy():
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2
