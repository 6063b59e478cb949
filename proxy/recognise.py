"""Which named tasks a request is: what its body says of that, handed to the router.

Only names that are known are taken from a body: any other would be a word of the client's own in the records.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from local_models.tasks.router import Asked, Recognised, Router
from policy.model import Policy
from proxy.attached import Attached
from proxy.message import Chat, Request, Role
from proxy.providers.dialect import Dialect
from proxy.providers.json_dialect import JsonDialect, mapping, string

TASK_HEADER = "x-privet-task"
_PLACES = ("metadata", "labels", "requestMetadata", "request_metadata")
_KEYS = ("privet_task", "task")


def recognise(
    router: Router | None, policy: Policy, request: Request, dialect: Dialect, attached: Attached
) -> tuple[Recognised, ...]:
    """The tasks that a request is, by its words, its body and its files."""
    if router is None:
        return ()
    chat = dialect.chat(request)
    known = {name.casefold() for name in (*router.tasks, *policy.tasks_named())}
    body = JsonDialect.read(request.body) if dialect.name != "generic" else {}
    declared = tuple(_known(_declared(request, body), known))
    return router.recognise(asked_of(chat if chat is None else attached.told(chat, {}), declared))


def asked_of(chat: Chat | None, declared: tuple[str, ...] = ()) -> Asked:
    """What the router sees of a conversation: its system messages, and what the user said last."""
    if chat is None:
        return Asked(declared)
    last: list[str] = []
    for message in reversed(chat.messages):
        if message.role is not Role.USER:
            break
        last.append(message.text)
    system = "\n\n".join(one.text for one in chat.messages if one.role is Role.SYSTEM)
    return Asked(declared, chat.schema, system, "\n\n".join(reversed(last)))


def _declared(request: Request, body: Any) -> Iterator[str]:
    yield request.headers.get(TASK_HEADER, "").strip()
    for place in _PLACES:
        said = mapping(mapping(body).get(place))
        yield from (string(said.get(key)).strip() for key in _KEYS)


def _known(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    return (name for name in dict.fromkeys(names) if name.casefold() in known)
