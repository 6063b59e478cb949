"""How a reply travels when something fails on the way. The rest is in tests/e2e/test_replies.py."""

from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy.test import tflow

from proxy.mitm import travel
from proxy.mitm.travel import Travel
from proxy.providers.registry import dialects
from tests.fakes.privet import TableInspector

RULES = SimpleNamespace(watch_only=False)


def verdict(reply: Any = None) -> Any:
    return SimpleNamespace(
        reply=reply,
        tokens={},
        vault=None,
        dialect=dialects()[0],
        decision=SimpleNamespace(id="id"),
        request=SimpleNamespace(endpoint="/v1/chat/completions", body=b'{"stream": true}'),
    )


def begin(reply: Any = None, status: int = 200) -> tuple[Travel, Any]:
    flow = tflow.tflow(resp=True)
    flow.response.headers["content-type"] = "application/json"
    flow.response.status_code = status
    one = Travel()
    one.begin(flow, verdict(reply), TableInspector(), (100, 1.0))
    return one, flow


def _raise(*_: Any, **__: Any) -> None:
    raise RuntimeError("Anna Schmidt")


async def test_a_reply_that_nobody_looks_into_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    one, flow = begin()
    assert flow.response.stream is one.stream
    assert one.stream is not None
    monkeypatch.setattr(travel, "way", _raise)
    one, flow = begin()
    assert flow.response.stream is one.stream, "as it came"
    await one.finish(flow, verdict())
    assert (one.failed, flow.response.status_code) == ("RuntimeError", 200)


@pytest.mark.parametrize("watch_only", [True, False])
async def test_a_reply_that_must_be_inspected_is_refused(monkeypatch: pytest.MonkeyPatch, watch_only: bool) -> None:
    monkeypatch.setattr(travel, "way", _raise)
    one, flow = begin(SimpleNamespace(watch_only=watch_only))
    assert bool(flow.response.stream) is watch_only
    await one.finish(flow, verdict())
    assert flow.response.status_code == (200 if watch_only else 403)
    assert b"Schmidt" not in flow.response.raw_content


async def test_vendors_errors_are_not_inspected() -> None:
    one, flow = begin(RULES, status=429)
    assert one.judge is None
    assert flow.response.stream is one.stream
