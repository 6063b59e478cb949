"""The texts in a request's address: in the query, and parts of the path that are no plain words, ids or models.

Pointers: `~path/N`, where N counts the parts between slashes from 0, and `~query/NAME` (`proxy.providers.registry`).
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from proxy.errors import BodyError
from proxy.message import Request, Role, Segment
from proxy.providers import exemptions as look
from proxy.providers.registry import QUERY, query_segments, rebuild_query

PATH = "~path"
IN_ADDRESS = (PATH, QUERY)  # what the pointers begin with
_DEPLOYMENT = re.compile(r"(?:/[^/]+)*?/openai/deployments/(?P<name>[^/]+)/", re.IGNORECASE)
_PLAIN = re.compile(r"[\w./:-]*", re.ASCII)
_VERSIONED = re.compile(r"[\w.:-]+@(?:[0-9]{8}|latest|default|[0-9]{3})(?::[A-Za-z]+)?", re.ASCII)  # models on Vertex


def address_segments(path: str) -> tuple[Segment, ...]:
    """What an address says beside the protocol's own words. Raises `BodyError`."""
    return (*path_segments(path), *query_segments(path))


def rebuild_address(path: str, texts: Mapping[str, str]) -> str:
    """The address with the texts at those of these pointers that are in it replaced. Raises `BodyError`."""
    path = rebuild_query(path, {p: text for p, text in texts.items() if p.startswith(QUERY)})
    return rebuild_path(path, {p: text for p, text in texts.items() if p.startswith(PATH)})


def deployment(request: Request) -> str:
    """The deployment that an address at Azure names, which Azure goes by whatever `model` says; empty elsewhere.

    https://learn.microsoft.com/azure/ai-foundry/openai/reference
    """
    found = _DEPLOYMENT.match(request.endpoint)
    return unquote(found["name"]) if found else ""


def path_segments(path: str) -> tuple[Segment, ...]:
    """What a path says beside the protocol's own words. Raises `BodyError`."""
    endpoint = path.partition("?")[0]
    return tuple(Segment(f"{PATH}/{index}", Role.METADATA, text) for index, text in _texts(endpoint))


def rebuild_path(path: str, texts: Mapping[str, str]) -> str:
    """The path with the parts at these pointers replaced."""
    if not texts:
        return path
    endpoint, mark, query = path.partition("?")
    parts = endpoint.split("/")
    for pointer, text in texts.items():
        parts[int(pointer.removeprefix(f"{PATH}/"))] = quote(text, safe="", errors="surrogatepass")
    return "/".join(parts) + mark + query


def _texts(endpoint: str) -> Iterator[tuple[int, str]]:
    for index, part in enumerate(endpoint.split("/")):
        protocol = look.model(part, {}) or look.identifier(part, {})
        if not part or (_PLAIN.fullmatch(part) and protocol) or _VERSIONED.fullmatch(part):
            continue
        try:
            yield index, unquote(unquote(part, errors="strict"), errors="strict")
        except UnicodeDecodeError:
            raise BodyError("the path is not UTF-8") from None
