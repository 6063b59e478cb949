"""Surrogates: made-up values that read like real ones, for models and tools that stumble over tokens.

A surrogate comes from the value by the same keyed hash as a token, so that it is the same on every turn. Where somebody
reserves a range for examples, it lies in that: example.com, 555-01xx, 192.0.2.0/24 and its like, 2001:db8::/32,
00-00-5E-00-53-xx, SSNs from 666, cards of the test number 4000 00, an IBAN of the bank TEST. Names are put together
from syllables of our own, so that hardly anybody is called so. Where nobody reserves anything, letters and digits are
replaced one by one and the form stays.

- https://www.rfc-editor.org/rfc/rfc2606 (names), rfc5737 and rfc3849 (addresses), rfc7042 (adapters)
"""

import hashlib
import hmac
import re
import string
from collections.abc import Callable, Mapping, Sequence
from datetime import date

_SYLLABLES = """
Tavr Ilv Orsk Brenth Calv Dovr Elsw Fenn Gorv Hask Jorv Kelth Luv Mirv Nevr Ostr Pell Quin Rov Selth Tholl Ulv
ian ora eth is ard elle ow anne ick ume yra as een oth
Merrow Quill Tarn Ossel Vint Brandle Corv Dunnow Eskel Farrow Grindle Hollen Irmin Jessam Kestrow Lodrin Mardle \
Nettow Ormin Pellow Rusken Sorrel Thessel Umber Vessow Wendle Yarrin Zellin
by stead wick fell more thorpe combe garth holt mere
202 212 213 303 305 312 404 415 503 512 602 612 617 702 713 808 816 904 916 919
"""
_ONSETS, _GIVEN_ENDINGS, _STEMS, _FAMILY_ENDINGS, _AREAS = (line.split() for line in _SYLLABLES.strip().splitlines())
_STREETS = ("Lane", "Street", "Road", "Avenue", "Close", "Way")
_FIRMS = ("Partners", "Works", "Group", "Systems", "Trading", "Labs")
_AREAS = [
    "202",
    "212",
    "213",
    "303",
    "305",
    "312",
    "404",
    "415",
    "503",
    "512",
    "602",
    "612",
    "617",
    "702",
    "713",
    "808",
    "816",
    "904",
    "916",
    "919",
]
_TEST_CARD = "400000"
_SHORTEST = 6  # letters and digits: anything shorter would stand in a reply by chance
PEOPLE = frozenset({"PERSON", "FIRST_NAME", "PUBLIC_FIGURE"})
_LONGEST = 64
_UNSAFE = frozenset("\"'\\<>")  # in a reply they may be written otherwise
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")


class Draw:
    """Numbers that follow from a key and a text alone."""

    def __init__(self, key: bytes, *parts: str) -> None:
        digest = hmac.new(key, b"surrogate", hashlib.sha256)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8) + data)
        self._seed = digest.digest()
        self._number = int.from_bytes(self._seed)
        self._left = 256
        self._turn = 0

    def below(self, limit: int) -> int:
        """A number from 0 up to, and without, the limit."""
        if self._left < 64:
            self._turn += 1
            self._number = int.from_bytes(hashlib.sha256(self._seed + self._turn.to_bytes(4)).digest())
            self._left = 256
        self._number, number = divmod(self._number, limit)
        self._left -= limit.bit_length()
        return number

    def one_of[T](self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def digits(self, count: int) -> str:
        """So many digits."""
        return "".join(str(self.below(10)) for _ in range(count))


def make_surrogate(key: bytes, scope: str, entity_type: str, value: str, attempt: int = 0) -> str | None:
    """The surrogate of a value; None for one that nothing can be made up for (too short, too long, several lines)."""
    if len(value) > _LONGEST or "\n" in value:
        return None
    if entity_type in PEOPLE:
        return _person(key, (scope, "PERSON", str(attempt)), value)  # "Ana" of "Ana Novak" stays the same
    seed = (scope, entity_type, str(attempt))
    draw = Draw(key, *seed, value)
    maker = _MAKERS.get(entity_type)
    made = maker(draw, value) if maker is not None else _same_form(draw, value)
    return None if made is None or made.lower() == value.lower() else made


def parts_of(entity_type: str, value: str, surrogate: str) -> Mapping[str, str]:
    """Parts of a surrogate by which a model may go on to speak of it: a person's given and family name."""
    given, family = value.split(), surrogate.split()
    if entity_type != "PERSON" or len(given) < 2 or len(family) < 2:
        return {}
    return {family[0]: given[0], family[-1]: given[-1]}


def _person(key: bytes, seed: tuple[str, ...], value: str) -> str | None:
    """Word by word, so that the same family name stays the same, and a name that stands alone, too."""
    words = value.split()
    if not words:
        return None
    names = [_given(Draw(key, *seed, words[0].lower()))]
    if len(words) > 1:
        names.append(_family(Draw(key, *seed, "family", words[-1].lower())))
    name = " ".join(names)
    return name.upper() if value.isupper() else name


def _given(draw: Draw) -> str:
    return draw.one_of(_ONSETS) + draw.one_of(_GIVEN_ENDINGS)


def _family(draw: Draw) -> str:
    return draw.one_of(_STEMS) + draw.one_of(_FAMILY_ENDINGS)


def _mail(draw: Draw, _value: str) -> str:
    name = f"{_given(draw)}.{_family(draw)}{draw.below(100)}"
    return f"{name}@example.{draw.one_of(('com', 'org', 'net'))}".lower()


def _user(draw: Draw, _value: str) -> str:
    return f"{_given(draw)}{draw.digits(3)}".lower()


def _phone(draw: Draw, _value: str) -> str:
    return f"+1-{draw.one_of(_AREAS)}-555-01{draw.digits(2)}"


def _street(draw: Draw, _value: str) -> str:
    return f"{1 + draw.below(299)} {_family(draw)} {draw.one_of(_STREETS)}"


def _place(draw: Draw, _value: str) -> str:
    return _family(draw)


def _firm(draw: Draw, _value: str) -> str:
    return f"{_family(draw)} {draw.one_of(_FIRMS)}"


def _day(draw: Draw, value: str) -> str:
    """A day in the same form. No more than the twelfth, so that it is one whichever number is the month."""
    match = _DATE.fullmatch(value.strip())
    day, month, year = 1 + draw.below(12), 1 + draw.below(12), 1930 + draw.below(70)
    if match is None:
        return date(year, month, day).isoformat()
    sizes = [len(match[1]), len(match[3]), len(match[4])]
    if sizes[0] == 4:
        numbers = [str(year), f"{month:02}", f"{day:02}"]
    else:
        numbers = [f"{day:02}", f"{month:02}", str(year)[-2:] if sizes[2] == 2 else str(year)]
    return match[2].join(numbers)


def _card(draw: Draw, value: str) -> str:
    count = sum(character.isdigit() for character in value)
    count = count if 13 <= count <= 19 else 16
    body = _TEST_CARD + draw.digits(count - len(_TEST_CARD) - 1)
    return _laid_out(body + _luhn(body), value)


def _luhn(body: str) -> str:
    """The check digit (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def _iban(draw: Draw, value: str) -> str:
    """GB, check digits (ISO 7064, MOD 97-10), the bank TEST."""
    account = f"TEST{draw.digits(14)}"
    rest = "".join(str(int(character, 36)) for character in f"{account}GB00")
    plain = f"GB{98 - int(rest) % 97:02}{account}"
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4)) if " " in value.strip() else plain


def _ip(draw: Draw, value: str) -> str:
    if ":" in value:
        return f"2001:db8:{draw.below(65536):x}:{draw.below(65536):x}::{1 + draw.below(65535):x}"
    return f"{draw.one_of(('192.0.2', '198.51.100', '203.0.113'))}.{1 + draw.below(254)}"


def _mac(draw: Draw, value: str) -> str:
    made = f"00-00-5E-00-53-{draw.below(256):02X}"
    return made if "-" in value else made.replace("-", ":")


def _ssn(draw: Draw, _value: str) -> str:
    return f"666-{1 + draw.below(99):02}-{1 + draw.below(9999):04}"


def _same_form(draw: Draw, value: str) -> str | None:
    """Other letters and digits in the same places; a beginning of zeros would look shortened."""
    if (
        sum(character.isalnum() for character in value) < _SHORTEST
        or not value.isascii()
        or set(value) & set("\"'\\<>")
    ):
        return None
    made = []
    for character in value:
        if character.isdigit():
            made.append(str(1 + draw.below(9)))
        elif character.isalpha():
            made.append(draw.one_of(string.ascii_uppercase if character.isupper() else string.ascii_lowercase))
        else:
            made.append(character)
    return "".join(made)


def _laid_out(digits: str, value: str) -> str:
    """Digits with the separators that a value has, if it has as many."""
    if sum(character.isdigit() for character in value) != len(digits):
        return digits
    left = iter(digits)
    return "".join(next(left) if character.isdigit() else character for character in value)


_MAKERS: Mapping[str, Callable[[Draw, str], str | None]] = {
    "EMAIL_ADDRESS": _mail,
    "USERNAME": _user,
    "PHONE_NUMBER": _phone,
    "STREET_ADDRESS": _street,
    "LOCATION": _place,
    "COUNTRY": _place,
    "ORGANIZATION": _firm,
    "DATE_OF_BIRTH": _day,
    "DATE_TIME": _day,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "IP_ADDRESS": _ip,
    "MAC_ADDRESS": _mac,
    "US_SSN": _ssn,
}
