"""mitmproxy's messages, checked at less cost: what a message is made of is looked up once per kind of message.

mitmproxy compares every field of every message that it makes with its annotation, which it takes apart each time: a
twentieth of what a request costs. The answer is the same here; a field whose type isn't plain is left to mitmproxy.
"""

from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from mitmproxy import http
from mitmproxy.utils import typecheck

_Kinds = tuple[type, ...]


def install() -> None:
    """Have mitmproxy check its messages so."""
    vars(http)["MessageData"].__post_init__ = check


def check(data: http.MessageData) -> None:
    """Raise `TypeError` if a field has another type than it should."""
    for name, kinds, annotation in _plan(type(data)):
        value = getattr(data, name)
        if kinds is None or not isinstance(value, kinds):
            typecheck.check_option_type(name, value, annotation)


@cache
def _plan(kind: type[http.MessageData]) -> tuple[tuple[str, _Kinds | None, Any], ...]:
    return tuple((field.name, _kinds(field.type), field.type) for field in fields(kind))


def _kinds(annotation: Any) -> _Kinds | None:
    """The classes that an annotation means; None if it means something else."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kinds = tuple(NoneType if part is None else part for part in parts)
    return kinds if all(isinstance(part, type) and get_origin(part) is None for part in kinds) else None
