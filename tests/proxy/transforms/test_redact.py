"""Redacting."""

from proxy.transforms.redact import redact


def test_redact() -> None:
    assert redact("IBAN_CODE") == "[IBAN_CODE]"
