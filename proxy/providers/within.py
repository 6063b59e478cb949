"""Another dialect's bodies at one place of a larger document: the requests of a batch, a line of a batch file.

What stands outside of that place is read like everything that no dialect knows: all of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, override

from detectors.finding import Skipped, SkipReason
from proxy.message import Refusal, Request, Response, Role
from proxy.providers import exemptions as look
from proxy.providers.anthropic_messages import AnthropicMessages, anthropic_error
from proxy.providers.dialect import EventShape
from proxy.providers.exemptions import Exemptions
from proxy.providers.json_dialect import JsonDialect, items, mapping, path_ends, refused, string
from proxy.providers.json_spans import value_at

_MESSAGES = AnthropicMessages()


@dataclass(frozen=True, slots=True)
class Within(JsonDialect):
    """`inner` speaks at `base`, a pointer in which one `*` may stand for every index of an array."""

    name: ClassVar[str] = "within"
    exemptions: ClassVar[Exemptions] = Exemptions(exact={})  # of the places outside

    inner: JsonDialect = _MESSAGES
    base: str = ""

    @property
    def provider(self) -> str:  # type: ignore[override]  # it is the inner dialect's
        """Whose format it is."""
        return self.inner.provider

    @override
    def matches(self, request: Request) -> bool:
        return False

    @override
    def exempts(self, shape: str, text: str, parent: Mapping[str, Any]) -> bool:
        inside = self._inside(shape)
        return (
            self.exemptions.exempts(shape, text, parent) if inside is None else self.inner.exempts(inside, text, parent)
        )

    @override
    def skips(self, shape: str, text: str, parent: Mapping[str, Any]) -> SkipReason | None:
        inside = self._inside(shape)
        return self.exemptions.skips(shape, text, parent) if inside is None else self.inner.skips(inside, text, parent)

    @override
    def roles(self, data: Any) -> Mapping[str, Role]:
        return {
            f"{base}{pointer}": role
            for base, value in self._places(data)
            for pointer, role in self.inner.roles(value).items()
        }

    @override
    def unreadable(self, data: Any) -> Iterable[Skipped]:
        for base, value in self._places(data):
            for item in self.inner.unreadable(value):
                yield Skipped(f"{base}{item.pointer}", item.reason, item.media_type)

    @override
    def model(self, request: Request) -> str:
        """The first one that is asked for."""
        names = (string(mapping(value).get("model")) for _, value in self._places(self.read(request.body)))
        return next((name for name in names if name), "")

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return self.inner.refusal(refusal)

    @override
    def shape(self, event: object) -> EventShape:
        return self.inner.shape(event)

    def _inside(self, shape: str) -> str | None:
        return shape[len(self.base) :] if shape.startswith(f"{self.base}/") else None

    def _places(self, data: Any) -> Iterator[tuple[str, Any]]:
        before, star, after = self.base.partition("/*")
        if not star:
            yield self.base, value_at(data, self.base)
            return
        for index, entry in enumerate(items(value_at(data, before))):
            yield f"{before}/{index}{after}", value_at(entry, after)


@dataclass(frozen=True, slots=True)
class AnthropicBatches(Within):
    """Anthropic's message batches (`…/v1/messages/batches`).

    Reference: https://docs.claude.com/en/api/creating-message-batches
    """

    name: ClassVar[str] = "anthropic-batches"
    exemptions: ClassVar[Exemptions] = Exemptions(exact={"/requests/*/custom_id": look.identifier})

    inner: JsonDialect = _MESSAGES
    base: str = "/requests/*/params"

    @override
    def matches(self, request: Request) -> bool:
        return path_ends(request, "/messages/batches")

    @override
    def refusal(self, refusal: Refusal) -> Response:
        return refused(refusal, anthropic_error(refusal))
