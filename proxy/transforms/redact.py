"""Redact: a value becomes its type in brackets, and nothing turns it back."""


def redact(entity_type: str) -> str:
    """What stands in a value's place."""
    return f"[{entity_type}]"
