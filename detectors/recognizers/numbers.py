"""Check digits that several families need."""


def digits_of(value: str) -> str:
    """The digits alone."""
    return "".join(character for character in value if character.isdigit())


def luhn_valid(value: str) -> bool:
    """Whether the digits pass the Luhn check (ISO/IEC 7812-1) and aren't all the same."""
    digits = [int(character) for character in digits_of(value)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
