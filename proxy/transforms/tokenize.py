"""Tokenize: values become tokens, and the map back is kept for the reply. One `Tokenizer` serves one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from proxy.errors import ProxyError
from proxy.transforms.token import make_token

_ATTEMPTS = 64


@dataclass(slots=True)
class Tokenizer:
    """Gives out tokens for one request. Values must come in the order of the request, so that clashes resolve alike."""

    key: bytes = field(repr=False)
    scope: str
    taken: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)  # token → entity type, value
    _restorable: dict[str, str] = field(default_factory=dict, repr=False)

    def token(self, entity_type: str, value: str, *, restore: bool) -> str:
        """The value's token. Raises `ProxyError` if no free one is found, which no honest request can cause."""
        for attempt in range(_ATTEMPTS):
            token = make_token(self.key, self.scope, entity_type, value, attempt)
            if self.taken.setdefault(token, (entity_type, value)) == (entity_type, value):
                if restore:
                    self._restorable[token] = value
                return token
        raise ProxyError("no token is left for a value of this request")

    @property
    def restorable(self) -> Mapping[str, str]:
        """Token → value, of the tokens that the reply may turn back."""
        return dict(self._restorable)

    @property
    def silent(self) -> frozenset[str]:
        """The tokens that nobody turns back."""
        return frozenset(self.taken) - frozenset(self._restorable)
