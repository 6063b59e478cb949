"""What the service puts together. Starting, serving and reloading for real is in tests/e2e."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from configs.settings import Settings
from configs.state import StatePaths
from policy.load import load_policy
from policy.model import Policy
from proxy import service
from proxy.own_data import OwnData, place_of
from proxy.service import Privet, _api_keys, _stamp


def test_a_changed_policy_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    (tmp_path / "parent.yaml").write_text("schema: privet.policy/1\nid: parent\n")
    file.write_text("schema: privet.policy/1\nid: p\nextends: parent.yaml\n")
    policy = load_policy(file)
    before = _stamp(policy, file)
    assert _stamp(policy, file) == before
    (tmp_path / "parent.yaml").write_text("schema: privet.policy/1\nid: parent\nmode: monitor\n")
    assert _stamp(policy, file) != before
    file.unlink()
    assert _stamp(policy, file) != before


def test_keys_come_from_the_environment(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "schema: privet.policy/1\nid: p\nmodels:\n"
        "  a: {backend: openai, base_url: 'http://x/v1', model: m, api_key_env: A_KEY}\n"
        "  b: {backend: openai, base_url: 'http://x/v1', model: m, api_key_env: NO_SUCH_KEY}\n"
        "rules: [{id: r, effect: reroute, obligations: [{to: a}]}, {id: s, effect: reroute, obligations: [{to: b}]}]\n"
    )
    monkeypatch.setenv("A_KEY", "k3y")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert _api_keys(load_policy(file)) == {"a": "k3y"}


async def test_a_policy_that_breaks_its_reader_leaves_the_old_one_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("schema: privet.policy/1\nid: first\n")
    first = load_policy(file)
    broken, read = asyncio.Event(), asyncio.Event()

    def load(path: Path, *_names: object) -> Policy:
        if not broken.is_set():
            loop.call_soon_threadsafe(broken.set)
            raise RuntimeError("Anna Schmidt")
        loop.call_soon_threadsafe(read.set)
        return load_policy(path)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(service, "load_policy", load)
    monkeypatch.setattr(service, "_POLICY_POLL", 0.01)
    record = SimpleNamespace(notices=[], notice=lambda code, _policy: record.notices.append(code))
    settings = Settings(policy=file, state_dir=tmp_path)
    privet = Privet(settings=settings, state=StatePaths(tmp_path), policy=first, own=OwnData(place_of(settings)))
    nobody: Any = None
    watching = asyncio.create_task(service._watch(privet, nobody, nobody, record, asyncio.Event()))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(30):
            await broken.wait()
            while not record.notices:
                await asyncio.sleep(0.01)
            file.write_text("schema: privet.policy/1\nid: second-and-longer\n")
            await read.wait()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert record.notices[0] == "policy_refused"
    assert privet.policy is first  # there is no pipeline to give the second one to
    assert "RuntimeError" in caplog.text
    assert "Anna" not in caplog.text
