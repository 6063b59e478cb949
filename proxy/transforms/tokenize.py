"""Tokenize: values become tokens or surrogates, and the map back is kept for the reply. One serves one request."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from string import ascii_uppercase
from urllib.parse import quote

from detectors.readings.escapes import views
from proxy.errors import ProxyError
from proxy.transforms.persons import Mention, Part
from proxy.transforms.surrogate import PEOPLE, Draw, make_surrogate, parts_of
from proxy.transforms.token import make_token

_ATTEMPTS = 64
PERSON = "PERSON"
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(slots=True)
class Tokenizer:
    """Gives out tokens for one request. Values must come in the order of the request, so that clashes resolve alike.

    `texts` are those of the request: a surrogate that stands in one of them already would come back as something else.
    """

    key: bytes = field(repr=False)
    scope: str
    texts: Sequence[str] = field(default=(), repr=False)
    people: Mapping[str, Mention] = field(default_factory=dict, repr=False)  # name → whose it is
    taken: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)  # token → entity type, value
    _restorable: dict[str, str] = field(default_factory=dict, repr=False)
    _silent: set[str] = field(default_factory=set, repr=False)
    _parts: dict[str, str | None] = field(default_factory=dict, repr=False)  # None: it would stand for two
    _everything: str | None = field(default=None, repr=False)

    def token(self, entity_type: str, value: str, *, restore: bool) -> str:
        """The value's token. Raises `ProxyError` if no free one is found, which no honest request can cause."""
        mention = self.people.get(value) if entity_type == PERSON else None
        if mention is not None and mention.part is not Part.ALL:
            return self._part(mention, value, restore=restore)
        for attempt in range(_ATTEMPTS):
            token = make_token(self.key, self.scope, entity_type, value, attempt)
            if self.taken.setdefault(token, (entity_type, value)) == (entity_type, value):
                if restore:
                    self._restorable[token] = value
                else:
                    self._silent.add(token)
                return token
        raise ProxyError("no token is left for a value of this request")

    def _part(self, mention: Mention, value: str, *, restore: bool) -> str:
        """The token of what is said of somebody who has one: the same code, and which part of the name it is.

        A form of its own (another case, a title) has a letter more, which follows from the form.
        """
        whole = make_token(self.key, self.scope, PERSON, mention.anchor)
        code = whole.rpartition("_")[2]
        kind = f"{PERSON}_{mention.part}"
        draw = Draw(self.key, self.scope, "form", mention.anchor, value)
        forms = [kind] if mention.literal else [f"{kind}_{draw.one_of(ascii_uppercase)}" for _ in range(_ATTEMPTS)]
        for form in forms:
            token = f"{form}_{code}"
            if self.taken.setdefault(token, (PERSON, value)) != (PERSON, value):
                continue
            if not restore:
                self._silent.add(token)
                return token
            self._restorable[token] = value
            # A model that has seen one part's token may write the other's.
            parts = ((Part.FIRST, mention.first), (Part.LAST, mention.last)) if whole in self._restorable else ()
            for part, written in parts:
                other = f"{PERSON}_{part}_{code}"
                if self.taken.setdefault(other, (PERSON, written)) == (PERSON, written):
                    self._restorable[other] = written
            return token
        raise ProxyError("no token is left for a name of this request")

    def surrogate(self, entity_type: str, value: str, *, restore: bool) -> str:
        """The value's surrogate; its token where there is none. Raises `ProxyError` as `token` does.

        What stands in escapes has the surrogate of what it says, in percent escapes where it had them.
        """
        said = _unescaped(value)
        made = self._surrogate(entity_type, said, restore=restore)
        if made is None:
            return self.token(entity_type, value, restore=restore)
        written = _escaped_as(value, made)
        if written != made and restore:
            self._restorable.setdefault(written, value)
        elif written != made:
            self._silent.add(written)
        return written

    def _surrogate(self, entity_type: str, value: str, *, restore: bool) -> str | None:
        candidates = (make_surrogate(self.key, self.scope, entity_type, value, number) for number in range(_ATTEMPTS))
        for made in chain(self._as_part(entity_type, value), candidates):
            if made is None:
                break
            if self._stands(made) or self.taken.setdefault(made.lower(), (entity_type, value)) != (entity_type, value):
                continue
            if restore:
                self._restorable[made] = value
                for part, original in parts_of(entity_type, value, made).items():
                    if not self._stands(part):
                        known = self._parts.setdefault(part, original)
                        self._parts[part] = original if known == original else None
            else:
                self._silent.add(made)
            return made
        return None

    def _as_part(self, entity_type: str, value: str) -> Iterator[str]:
        """A name that is a part of one that has a surrogate ("Mr. Schmidt") is the same part of that."""
        if entity_type in PEOPLE:
            yield from (part for part, original in self._parts.items() if original == value)

    def _stands(self, text: str) -> bool:
        """Whether a text stands anywhere in the request."""
        if self._everything is None:
            self._everything = "\0".join(self.texts).lower()
        return text.lower() in self._everything

    @property
    def restorable(self) -> Mapping[str, str]:
        """Token or surrogate → value, of those that the reply may turn back."""
        parts = {part: value for part, value in self._parts.items() if value is not None}
        return {**parts, **self._restorable}

    @property
    def silent(self) -> frozenset[str]:
        """The tokens and surrogates that nobody turns back."""
        return frozenset(self._silent)


def _unescaped(value: str) -> str:
    """What a value says whose characters are escaped in part."""
    undone = views(value)
    return undone[0].text.strip() or value if len(undone) == 1 else value


def _escaped_as(value: str, text: str) -> str:
    """A text in percent escapes, if a value has them: all but what stands in it unescaped."""
    if _PERCENT.search(value) is None:
        return text
    return quote(text, safe=_PERCENT.sub("", value), errors="surrogatepass")
