"""A stop lets streams finish, up to a stated time; then they end with an error event. Told twice, it ends at once."""

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from configs.settings import parse_address
from tests.fakes.model import Behaviour
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: drain
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules: []
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor(Behaviour(text="one two three four five six seven eight nine ten", pace=0.1)) as vendor:
        yield vendor


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def stream(service: Service, client: openai.OpenAI) -> Any:
    return client.chat.completions.create(model="gpt-4o", stream=True, messages=[{"role": "user", "content": "count"}])


def client_of(service: Service) -> openai.OpenAI:
    return openai.OpenAI(
        api_key="sk-x",
        base_url=f"{service.gateway}/openai/v1",
        max_retries=0,
        http_client=httpx.Client(timeout=30, trust_env=False),
    )


def refuses_connections(address: str) -> bool:
    try:
        with socket.create_connection(parse_address(address), timeout=5):
            return False
    except ConnectionRefusedError:
        return True


def wait_until_it_accepts_no_more(service: Service) -> None:
    deadline = time.monotonic() + 10
    while not refuses_connections(service.addresses["gateway"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_running_stream_finishes(tmp_path: Path, vendor: Vendor, workers: int) -> None:
    with serving(tmp_path, vendor, POLICY, {"drain": 30, "workers": workers}) as service, client_of(service) as client:
        events = stream(service, client)
        text = next(events).choices[0].delta.content or ""
        service.process.send_signal(signal.SIGTERM)
        wait_until_it_accepts_no_more(service)
        assert service.process.poll() is None
        text += "".join(event.choices[0].delta.content or "" for event in events if event.choices)
        assert text.strip() == "one two three four five six seven eight nine ten"
        assert service.process.wait(30) == 0
        outcomes = service.privet("audit", "search", "--json").stdout
        assert "stopped" not in outcomes
        assert service.privet("audit", "verify").returncode == 0


def test_a_stream_past_the_time_ends_with_an_error_event(tmp_path: Path, vendor: Vendor) -> None:
    with serving(tmp_path, vendor, POLICY, {"drain": 0}) as service, client_of(service) as client:
        events = stream(service, client)
        next(events)
        service.process.send_signal(signal.SIGTERM)
        with pytest.raises(openai.APIError, match="stopped"):
            list(events)
        assert service.process.wait(30) == 0


def test_told_twice_it_ends_at_once(tmp_path: Path, vendor: Vendor) -> None:
    vendor.once(Behaviour(text="x " * 400, pace=0.2))
    with serving(tmp_path, vendor, POLICY, {"drain": 3600}) as service, client_of(service) as client:
        events = stream(service, client)
        next(events)
        service.process.send_signal(signal.SIGTERM)
        wait_until_it_accepts_no_more(service)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        with pytest.raises((openai.APIError, httpx.HTTPError)):
            list(events)
