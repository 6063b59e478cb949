"""Several servers for one model: the least busy is asked, and another when one fails before it began."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models import endpoints as module
from local_models.endpoints import Ask, Endpoints, place
from local_models.errors import BackendError, BusyError, Kind

A, B, C = "http://a:1/v1", "http://b:2/v1", "http://c:3/v1"


@pytest.fixture(autouse=True)
def long_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rest ends while a test runs, however slow the machine is."""
    monkeypatch.setattr(module, "_RESTS", (1000.0, 2000.0, 3000.0, 4000.0, 5000.0))


type Script = str | BackendError | asyncio.Event


def scripted(**servers: list[Script]) -> tuple[Ask, Counter[str]]:
    """Servers that say pieces, wait for events and fail, by the letter of their host; and who was asked how often."""
    asked: Counter[str] = Counter()

    async def ask(base_url: str, _seconds: float) -> AsyncGenerator[str]:
        letter = base_url[7]
        asked[letter] += 1
        for step in servers[letter]:
            match step:
                case str():
                    yield step
                case asyncio.Event():
                    await step.wait()
                case _:
                    raise step

    return ask, asked


async def said(endpoints: Endpoints, ask: Ask, within: float = 5.0) -> str:
    return "".join([piece async for piece in endpoints.stream(ask, within=within)])


def failing(kind: Kind = "failed") -> BackendError:
    return BackendError("the model server http://a:1 failed", kind=kind)


def servers(*urls: str, concurrency: int = 10, queue: int = 10, seen: list[tuple[str, str]] | None = None) -> Endpoints:
    def observe(url: str, outcome: str, _seconds: float) -> None:
        if seen is not None:
            seen.append((url[7], outcome))

    return Endpoints.of(urls, concurrency=concurrency, queue=queue, observe=observe)


async def until(holds: Callable[[], object]) -> None:
    while not holds():
        await asyncio.sleep(0)


async def test_one_server() -> None:
    ask, _ = scripted(a=["Hel", "lo"])
    assert await said(servers(A), ask) == "Hello"


@pytest.mark.parametrize("kind", ["unreachable", "failed", "busy"])
async def test_another_server_is_asked_when_one_fails_before_it_began(kind: Kind) -> None:
    seen: list[tuple[str, str]] = []
    ask, _ = scripted(a=[failing(kind)], b=["Hello"])
    endpoints = servers(A, B, seen=seen)
    assert await said(endpoints, ask) == "Hello"
    assert seen == [("a", kind), ("b", "ok")]
    assert [one.running for one in endpoints.endpoints] == [0, 0]


async def test_what_has_begun_is_never_begun_again() -> None:
    seen: list[tuple[str, str]] = []
    ask, asked = scripted(a=["Hel", failing("unreachable")], b=["Hello"])
    with pytest.raises(BackendError):
        await said(servers(A, B, seen=seen), ask)
    assert asked == {"a": 1}
    assert seen == [("a", "ok"), ("a", "broke_off")]


async def test_a_request_that_no_server_would_have_is_not_tried_elsewhere() -> None:
    ask, asked = scripted(a=[failing("request")], b=["Hello"])
    endpoints = servers(A, B)
    with pytest.raises(BackendError):
        await said(endpoints, ask)
    assert asked == {"a": 1}
    assert all(one["up"] for one in endpoints.status())


async def test_each_server_is_asked_once_and_the_last_error_is_told() -> None:
    ask, asked = scripted(a=[failing()], b=[failing()], c=[failing("busy")])
    with pytest.raises(BackendError) as caught:
        await said(servers(A, B, C), ask)
    assert asked == {"a": 1, "b": 1, "c": 1}
    assert caught.value.kind == "busy"


async def test_a_server_that_is_silent_loses_the_request_in_time_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_PATIENCE", 0.001)
    ask, asked = scripted(a=[asyncio.Event()], b=["Hello"])
    assert await said(servers(A, B), ask, within=60.0) == "Hello"
    assert asked == {"a": 1, "b": 1}


async def test_the_least_busy_is_asked() -> None:
    go = asyncio.Event()
    ask, asked = scripted(a=[go, "x"], b=[go, "x"], c=[go, "x"])
    endpoints = servers(A, B, C)
    tasks = [asyncio.create_task(said(endpoints, ask)) for _ in range(9)]
    await until(lambda: asked.total() == 9)
    assert asked == {"a": 3, "b": 3, "c": 3}
    go.set()
    assert await asyncio.gather(*tasks) == ["x"] * 9
    assert [one.running for one in endpoints.endpoints] == [0, 0, 0]


async def test_what_has_no_place_waits_and_what_the_queue_has_no_place_for_is_refused() -> None:
    go = asyncio.Event()
    ask, asked = scripted(a=[go, "x"])
    endpoints = servers(A, concurrency=2, queue=3)
    tasks = [asyncio.create_task(said(endpoints, ask)) for _ in range(5)]
    await until(lambda: len(endpoints._waiting) == 3)
    with pytest.raises(BusyError, match="3 requests wait"):
        await said(endpoints, ask)
    assert asked == {"a": 2}
    go.set()
    assert await asyncio.gather(*tasks) == ["x"] * 5


async def test_who_waits_past_the_deadline_is_refused() -> None:
    go = asyncio.Event()
    ask, _ = scripted(a=[go, "x"])
    endpoints = servers(A, concurrency=1)
    first = asyncio.create_task(said(endpoints, ask))
    await until(lambda: endpoints.endpoints[0].running)
    with pytest.raises(BusyError, match="until the deadline"):
        await said(endpoints, ask, within=0.05)
    go.set()
    assert await first == "x"
    assert await said(endpoints, ask) == "x"


async def test_who_goes_away_while_waiting_takes_nobodys_place() -> None:
    go = asyncio.Event()
    ask, _ = scripted(a=[go, "x"])
    endpoints = servers(A, concurrency=1)
    tasks = [asyncio.create_task(said(endpoints, ask)) for _ in range(3)]
    await until(lambda: len(endpoints._waiting) == 2)
    tasks[1].cancel()
    go.set()
    assert await tasks[2] == "x"
    assert not endpoints._waiting
    assert endpoints.endpoints[0].running == 0


async def test_a_client_that_goes_frees_its_place() -> None:
    ask, _ = scripted(a=["x", asyncio.Event()])
    endpoints = servers(A, concurrency=1)
    pieces = endpoints.stream(ask, within=5)
    assert await anext(pieces) == "x"
    await pieces.aclose()
    assert endpoints.endpoints[0].running == 0
    assert endpoints.status() == [{"server": "http://a:1", "up": True, "running": 0}]


async def test_a_server_that_cannot_be_reached_rests_and_the_next_request_does_not_ask_it() -> None:
    ask, asked = scripted(a=[failing("unreachable")], b=["x"])
    endpoints = servers(A, B)
    for _ in range(4):
        assert await said(endpoints, ask) == "x"
    assert asked == {"a": 1, "b": 4}
    assert [one["up"] for one in endpoints.status()] == [False, True]


async def test_a_server_rests_after_three_failures_in_a_row() -> None:
    ask, asked = scripted(a=[failing()])
    endpoints = servers(A)
    for _ in range(3):
        with pytest.raises(BackendError, match="failed"):
            await said(endpoints, ask)
    with pytest.raises(BackendError, match="all 1 servers of this model failed lately"):
        await said(endpoints, ask)
    assert asked == {"a": 3}


async def test_after_its_rest_one_request_finds_out_for_all() -> None:
    go = asyncio.Event()
    ask, asked = scripted(a=[go, "x"])
    endpoints = servers(A)
    [server] = endpoints.endpoints
    server.rests, server.rests_until = 2, 0.0  # the rest is over
    first = asyncio.create_task(said(endpoints, ask))
    await until(lambda: asked["a"])
    with pytest.raises(BackendError, match="failed lately"):
        await said(endpoints, ask)
    go.set()
    assert await first == "x"
    assert server.rests == 0
    assert await said(endpoints, ask) == "x"


async def test_a_server_that_fails_again_rests_longer() -> None:
    ask, _ = scripted(a=[failing()])
    endpoints = servers(A)
    [server] = endpoints.endpoints
    server.rests, server.rests_until = 3, 0.0
    with pytest.raises(BackendError):
        await said(endpoints, ask)
    assert server.rests == 4
    assert server.rests_until - asyncio.get_running_loop().time() > 3000


async def test_a_check_wakes_a_server_and_puts_another_to_rest() -> None:
    endpoints = servers(A, B)
    endpoints._rest(endpoints.endpoints[0])

    async def probe(base_url: str) -> bool:
        return base_url == A

    await endpoints.check(probe)
    assert [one["up"] for one in endpoints.status()] == [True, False]


async def test_a_server_that_works_is_not_checked() -> None:
    go = asyncio.Event()
    ask, asked = scripted(a=[go, "x"])
    endpoints = servers(A)
    task = asyncio.create_task(said(endpoints, ask))
    await until(lambda: asked["a"])

    async def probe(_: str) -> bool:
        return False

    await endpoints.check(probe)
    assert endpoints.status()[0]["up"]
    go.set()
    assert await task == "x"


async def test_who_waits_for_a_server_that_dies_is_told() -> None:
    go = asyncio.Event()
    ask, asked = scripted(a=[go, failing("unreachable")])
    endpoints = servers(A, concurrency=1)
    tasks = [asyncio.create_task(said(endpoints, ask)) for _ in range(3)]
    await until(lambda: len(endpoints._waiting) == 2)
    go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, BackendError) for one in results)
    assert asked == {"a": 1}


@given(
    st.lists(st.sampled_from(["ok", "failed", "unreachable", "busy", "request"]), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 12),
)
def test_no_request_is_lost_while_one_server_is_well(kinds: list[str], concurrency: int, requests: int) -> None:
    urls = [f"http://{letter}:1/v1" for letter in "abcd"[: len(kinds)]]

    async def ask(base_url: str, _seconds: float) -> AsyncGenerator[str]:
        kind = kinds[ord(base_url[7]) - ord("a")]
        await asyncio.sleep(0)
        if kind != "ok":
            raise BackendError("no", kind=kind)  # type: ignore[arg-type]
        yield "x"

    async def everything() -> None:
        endpoints = servers(*urls, concurrency=concurrency, queue=requests)
        results = await asyncio.gather(*(said(endpoints, ask) for _ in range(requests)), return_exceptions=True)
        for result in results:
            assert result == "x" or isinstance(result, BackendError)
        if "ok" in kinds and "request" not in kinds:
            assert results == ["x"] * requests
        assert [one.running for one in endpoints.endpoints] == [0] * len(urls)
        assert not endpoints._waiting

    asyncio.run(everything())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a:1/v1", "http://a:1"),
        ("https://user:hunter2@a.b/x/y?z", "https://a.b"),
        ("http://[::1]:8", "http://[::1]:8"),
    ],
)
def test_a_place_has_neither_credentials_nor_a_path(url: str, shown: str) -> None:
    assert place(url) == shown
