"""Mask: characters become `*`, and the last few may stay. The length is kept, so that tables and forms keep shape."""


def mask(value: str, keep_last: int = 0) -> str:
    """The value with everything but its last `keep_last` letters and digits hidden.

    Spaces and punctuation between them don't count as kept, and stay where they are in the kept part alone. At least
    half of a value is hidden, whatever the policy keeps.
    """
    letters = [index for index, character in enumerate(value) if character.isalnum()]
    kept = min(max(keep_last, 0), len(letters) // 2)
    first = letters[-kept] if kept else len(value)
    return "*" * first + value[first:]
