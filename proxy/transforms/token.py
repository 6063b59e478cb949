"""Tokens: what stands for a value outside. `PERSON_7KQ2MXAB` is an entity type and eight characters of a keyed code.

Seven characters come from HMAC-SHA256(key; scope, type, value), so that the same value has the same token on every
turn, worker and node with no state; the eighth checks the others. No quotes, brackets or backslashes are in it, so that
it passes through JSON, Markdown and code unharmed. The value goes into the code letter for letter: "Anna" and "ANNA"
have two tokens, and each is turned back into exactly what it was.

The alphabet is Crockford's base 32: https://www.crockford.com/base32.html
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import NamedTuple

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
# Crockford: what is read as another character, and isn't in the alphabet itself.
_READ_AS = str.maketrans("OIL", "011")
_VALUE = {character: index for index, character in enumerate(ALPHABET)}

# A backslash or more before an underscore is what Markdown, and JSON around it, make of one.
_TOKEN = re.compile(
    r"(?<![A-Z])(?P<type>[A-Z]+(?:\\{0,4}_[A-Z]+)*)\\{0,4}_(?P<code>[0-9A-HJKMNP-TV-Z]{8})(?![0-9A-Z_])", re.IGNORECASE
)


class FoundToken(NamedTuple):
    """Something in a text that is a token by its look and its check character."""

    start: int
    end: int
    token: str  # in its plain form


def make_token(key: bytes, scope: str, entity_type: str, value: str, attempt: int = 0) -> str:
    """The token of a value. `attempt` gives another one when two values of a request would share theirs."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in (scope, entity_type, value, str(attempt)):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8) + data)  # lengths keep ("a", "bc") and ("ab", "c") apart
    number = int.from_bytes(digest.digest()[:5]) >> 5  # 35 bits
    code = "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))
    return f"{entity_type}_{code}{check_character(code)}"


def check_character(code: str) -> str:
    """The check character of seven. Different weights tell swapped characters from right ones."""
    return ALPHABET[sum(weight * _VALUE[character] for weight, character in enumerate(code, start=3)) % 31]


def is_token(text: str) -> bool:
    """Whether a text in plain form is a token by its look and its check character."""
    head, _, code = text.rpartition("_")
    return (
        bool(head)
        and len(code) == CODE_LENGTH
        and all(character in _VALUE for character in code)
        and check_character(code[:-1]) == code[-1]
    )


def find_tokens(text: str) -> Iterator[FoundToken]:
    """Everything that looks like a token, also in another case or with escaped underscores. Says nothing of trust."""
    for match in _TOKEN.finditer(text):
        token = plain_form(match[0])
        if is_token(token):
            yield FoundToken(match.start(), match.end(), token)


def read_code(text: str) -> str:
    """A code as it was made: upper case, and O, I, L read as the digits that they look like."""
    return text.upper().translate(_READ_AS)


def plain_form(text: str) -> str:
    """A token as it was made: upper case, underscores not escaped."""
    return text.replace("\\", "").upper()
