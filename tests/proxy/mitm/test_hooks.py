"""Hooks reach the same methods in the same order as mitmproxy's own dispatch; a lookup is done once."""

import asyncio

import pytest
from mitmproxy import exceptions, options
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import tflow

from proxy.mitm.hooks import Master


class Named:
    """An addon that notes that it was called."""

    def __init__(self, name: str, heard: list[str], fault: BaseException | None = None) -> None:
        self.name, self._heard, self._fault = name, heard, fault

    def request(self, _flow: object) -> None:
        self._heard.append(self.name)
        if self._fault is not None:
            raise self._fault


class Slow(Named):
    async def request(self, _flow: object) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self._heard.append(self.name)


class Deaf:
    name = "deaf"


@pytest.fixture
async def master() -> Master:
    return Master(options.Options())


async def test_all_that_hear_are_called_in_order_sync_or_not(master: Master) -> None:
    heard: list[str] = []
    master.addons.add(Named("a", heard), Deaf(), Slow("b", heard), Named("c", heard))
    for _ in "12":
        await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    assert heard == ["a", "b", "c"] * 2


async def test_an_addon_that_comes_later_is_heard_and_one_that_left_is_not(master: Master) -> None:
    heard: list[str] = []
    first = Named("a", heard)
    master.addons.add(first)
    await master.addons.trigger_event(HttpRequestHook(tflow.tflow()))
    master.addons.add(Named("b", heard))
    await master.addons.trigger_event(HttpRequestHook(tflow.tflow()))
    master.addons.remove(first)
    await master.addons.trigger_event(HttpRequestHook(tflow.tflow()))
    assert heard == ["a", "a", "b", "b"]


async def test_an_exception_is_logged_without_its_text_and_the_others_go_on(master: Master, caplog) -> None:
    heard: list[str] = []
    master.addons.add(Named("a", heard, ValueError("anna@example.com")), Named("b", heard))
    await master.addons.trigger_event(HttpRequestHook(tflow.tflow()))
    assert heard == ["a", "b"]
    assert "ValueError" in caplog.text
    assert "anna" not in caplog.text


async def test_a_halt_ends_the_round(master: Master) -> None:
    heard: list[str] = []
    master.addons.add(Named("a", heard, exceptions.AddonHalt()), Named("b", heard))
    await master.addons.trigger_event(HttpRequestHook(tflow.tflow()))
    assert heard == ["a"]


async def test_whoever_wants_to_hear_of_updates_does(master: Master) -> None:
    class Updates:
        name = "updates"
        flows: list[object] = []  # noqa: RUF012

        def update(self, flows: list[object]) -> None:
            self.flows += flows

    flow = tflow.tflow()
    master.addons.add(Updates())
    await master.addons.handle_lifecycle(HttpRequestHook(flow))
    assert Updates.flows == [flow]
