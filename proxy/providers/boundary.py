"""Boundaries of multipart bodies: one that isn't made up by a client gets another name before anybody reads the body.

A boundary stands in the content type and between the parts, and says nothing to its reader: there is nothing to ask a
policy about. Whatever a person could have put there (a key, a name) is gone with it, and the body means the same. What
browsers and libraries make up stays as it is: their words, and random figures.
"""

import re
import secrets
from dataclasses import replace

from proxy.errors import BodyError, LimitError
from proxy.message import Request
from proxy.providers.multipart import boundary_at, boundary_of, parts_of

_WORDS = (
    r"(?i:webkitformboundary|geckoformboundary|formdata-undici-|form-?data-?boundary-?|rubymultipartpost-?"
    r"|dart-http-boundary-|axios-[0-9.]{1,10}-boundary-|alamofire\.boundary\.|_?=?_?nextpart_|(?:form|part)?boundary[+_-]?)"
)
# Digits alone may be a card's number, and behind two letters an account's.
_HEX = r"(?=[0-9]*[a-f])(?![a-f]{2}[0-9]+(?![0-9a-f]))[0-9a-f]{8,64}"
_USUAL = re.compile(
    rf"[-=]{{0,60}}(?:[0-9A-Za-z]{{1,2}}|{_WORDS}?(?:{_HEX}|[0-9]{{19,40}}|[0-9a-f]{{8,16}}(?:-[0-9a-f]{{4,16}}){{3,4}}"
    rf"|[0-9A-F]{{8}}(?:-[0-9A-F]{{4}}){{3}}-[0-9A-F]{{12}})?|{_WORDS}(?:[0-9A-Za-z]{{16}}|[0-9]{{11,12}}))[-=]{{0,4}}",
    re.ASCII,
)


def renamed(request: Request) -> Request | None:
    """The request with another boundary; None where it isn't multipart, can't be read, or has a usual one."""
    content_type = request.headers.get("content-type", "")
    if not request.media_type.startswith("multipart/") or not request.body:
        return None
    try:
        boundary = boundary_of(content_type)
        if is_usual(boundary):
            return None
        parts_of(request.body, boundary)  # from here on, it stands between parts and nowhere else
        start, end = boundary_at(content_type)
    except (BodyError, LimitError):
        return None  # whoever reads the body refuses it
    new = _free(request.body)
    body = request.body.replace(b"--" + boundary, b"--" + new)
    headers = {**request.headers, "content-type": content_type[:start] + new.decode() + content_type[end:]}
    return replace(request, headers=headers, body=body)


def is_usual(boundary: bytes) -> bool:
    """Whether a boundary is one that browsers and libraries make up."""
    return _USUAL.fullmatch(boundary.decode()) is not None


def _free(body: bytes) -> bytes:
    """A boundary that the body doesn't have."""
    new = secrets.token_hex(16).encode()
    return new if new not in body else _free(body)
