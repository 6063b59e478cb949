"""Tasks without notes: they run, and are kept while they do."""

import asyncio
import gc

from mitmproxy.utils import asyncio_utils

from proxy.mitm.tasks import _RUNNING, Tasks


async def test_a_task_that_nobody_else_keeps_runs_to_its_end() -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go.wait()
        ended.set()

    before = len(_RUNNING)
    Tasks().create_task(work(), name="a", keep_ref=True)
    await begun.wait()
    gc.collect()
    assert len(_RUNNING) == before + 1
    go.set()
    async with asyncio.timeout(10):
        await ended.wait()
        while len(_RUNNING) > before:
            await asyncio.sleep(0)


async def test_a_result_comes_back() -> None:
    async def work() -> int:
        return 7

    assert await Tasks.create_task(work(), name="b", keep_ref=False, client=("a", 1)) == 7


def test_everything_else_is_mitmproxys() -> None:
    assert Tasks().set_current_task_debug_info is asyncio_utils.set_current_task_debug_info
