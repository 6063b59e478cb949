"""Messages are checked as mitmproxy checks them."""

from dataclasses import fields
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.utils import typecheck

from proxy.mitm.messages import check

HEADERS = http.Headers()
REQUEST: dict[str, Any] = {
    "http_version": b"HTTP/1.1",
    "headers": HEADERS,
    "content": b"x",
    "trailers": None,
    "timestamp_start": 1.0,
    "timestamp_end": None,
    "host": "a",
    "port": 443,
    "method": b"POST",
    "scheme": b"https",
    "authority": b"",
    "path": b"/",
}
RESPONSE: dict[str, Any] = {
    **{name: REQUEST[name] for name in list(REQUEST)[:6]},
    "status_code": 200,
    "reason": b"OK",
}
VALUES = [b"x", "x", 1, 1.5, None, True, HEADERS, [], {"a": b"b"}, (b"x",)]


def unchecked(kind: type[http.MessageData], values: dict[str, Any]) -> http.MessageData:
    data = object.__new__(kind)
    vars(data).update(values)
    return data


def refused(checks: Any, data: http.MessageData) -> bool:
    try:
        checks(data)
    except TypeError:
        return True
    return False


def mitmproxys(data: http.MessageData) -> None:
    for field in fields(data):
        typecheck.check_option_type(field.name, getattr(data, field.name), field.type)


@pytest.mark.parametrize(("kind", "good"), [(http.RequestData, REQUEST), (http.ResponseData, RESPONSE)])
def test_as_mitmproxy_does(kind: type[http.MessageData], good: dict[str, Any]) -> None:
    assert {field.name for field in fields(kind)} == set(good)
    assert not refused(check, unchecked(kind, good))
    answers = set()
    for name in good:
        for value in VALUES:
            data = unchecked(kind, {**good, name: value})
            assert refused(check, data) == refused(mitmproxys, data), (name, value)
            answers.add(refused(check, data))
    assert answers == {True, False}


def test_the_error_is_mitmproxys() -> None:
    with pytest.raises(TypeError, match="for content"):
        check(unchecked(http.RequestData, {**REQUEST, "content": "text"}))
