"""Passwords that people tell each other, in seven languages beside English: `mein Passwort ist …`, `hasło to …`.

English is `detectors.recognizers.assignments`' work, where the same words name what programs assign. A value here has a
digit, and a letter or a sign: a word alone may be the rest of the sentence.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import is_code, is_placeholder
from detectors.recognizers.source import Source

_LITERALS = (
    "pw ",
    *("passwort", "kennwort", "contraseñ", "clave", "mot de passe", "password", "parola", "wachtwoord", "senha"),
    *("palavra-passe", "hasło", "hasłem"),
)
_SHORTEST = 6
_SAID = re.compile(
    r"(?i)\b(?:pw|passwort|kennwort|contraseña|clave|mot de passe|password|parola d.ordine|wachtwoord|senha|"
    r"palavra-passe|hasło|hasłem)"
    r"(?: (?:für|fürs|zum|del?|para|pour|du|per|voor|do|da|dla) (?:\w{1,20} )?\w{1,20})?"
    r"(?:\s?(?::|=|ist|lautet:?|es|est|è|is|é|to|jest|era|war|était)\s{1,3}|\s(?=[^\s\d]{0,63}\d)(?=[\w]{0,63}[^\s\w.,:;?()\"'/-]))[\"'„«`]?"
    r"(?P<value>[^\s\"'“»`,;<>]{6,64})(?![^\s\"'“»`,;<>])"
)


_CODE = re.compile(r"(?i)\b(?:the|my|your) (?:\w{3,12} )?code is:? (\d{4,8})(?![\w-])")
_ASKED_FOR = re.compile(r"(?i)verif|one-time|otp|sms|log ?in|password|authenticat|two-factor|2fa")
_ASKED_REACH = 240


def _codes(source: Source) -> Iterator[Finding]:
    """Codes by which somebody shows who they are: the conversation says what they are for."""
    for match in _CODE.finditer(source.text) if "code is" in source.lower else ():
        if _ASKED_FOR.search(source.before(match.start(1), _ASKED_REACH)):
            yield Finding(*match.span(1), "PASSWORD", 0.75, "said_passwords")


def find(source: Source) -> Iterator[Finding]:
    """Every password that a sentence says."""
    yield from _codes(source)
    if not any(literal in source.lower for literal in _LITERALS):
        return
    for match in _SAID.finditer(source.text):
        value = match["value"].rstrip(".?):]}")
        if len(value) < _SHORTEST or value.isdigit() or not any(character.isdigit() for character in value):
            continue
        if "://" not in value and not is_placeholder(value) and not is_code(value):
            start = match.start("value")
            yield Finding(start, start + len(value), "PASSWORD", 0.75, "said_passwords")
