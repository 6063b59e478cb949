"""Models that do tasks are compared with larger ones; one that agrees too seldom answers nothing any more."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_models.errors import BackendError
from local_models.tasks.router import Router
from local_models.tasks.task import known_tasks
from policy.model import ModelTarget, Policy
from proxy.agreement import LEAST, Agreements
from proxy.errors import ProxyError
from proxy.escalate import Done, TurnedOffError
from proxy.message import Chat
from proxy.providers.dialect import Answer
from proxy.watch import Watched

MAIL = "email_categorisation"
LARGE = ModelTarget("large", "embedded", "smollm2-135m")
SORTER = ModelTarget("sorter", "task", MAIL, task=MAIL, answerer="x", escalate=("vendor", "large"), evidence="sha256:a")
SECRET = "where is the parcel of the third quarter"


class Doer:
    """Two models from a table."""

    def __init__(self, small: str | None = "delivery", large: str | Exception = "delivery", sure: float = 0.95) -> None:
        self.small, self.large, self.sure = small, large, sure
        self.asked: list[tuple[str, Chat]] = []

    async def do(self, target: ModelTarget, text: str) -> Done:
        return Done(None if self.small is None else {"category": self.small}, self.sure)

    async def ask(self, target: ModelTarget, chat: Chat) -> Answer:
        self.asked.append((target.name, chat))
        if isinstance(self.large, Exception):
            raise self.large
        return Answer(text=self.large if self.large.startswith("{") else json.dumps({"category": self.large}), model="")


@pytest.fixture
def turned_off() -> list[str]:
    return []


@pytest.fixture
def watched(tmp_path: Path, turned_off: list[str]) -> Any:
    router = Router.of(known_tasks())

    def make(doer: Doer, share: float = 1.0, chance: float = 0.0) -> Watched:
        return Watched(
            doer=doer,
            agreements=Agreements(tmp_path / "agreement.db"),
            policy=lambda: Policy(id="p", revision="", models={"sorter": SORTER, "large": LARGE}),
            router=lambda: router,
            share=lambda: share,
            least=lambda: 0.9,
            told=lambda found, _agreed, turned: turned_off.append(found.model) if turned else None,
            chance=lambda: chance,
        )

    return make


async def _ask(one: Watched, times: int = 1, target: ModelTarget = SORTER) -> None:
    for _ in range(times):
        await one.do(target, SECRET)
        await asyncio.gather(*one.running)


async def test_both_are_asked_and_agreement_is_counted(watched: Any) -> None:
    doer = Doer()
    one = watched(doer)
    await _ask(one, 3)
    (row,) = one.agreements.rows()
    assert (row.model, row.other, row.compared, row.agreed) == ("sorter", "large", 3, 3)
    name, chat = doer.asked[0]
    assert name == "large"
    assert SECRET in chat.messages[0].text
    assert json.loads(chat.schema or "") == known_tasks()[MAIL].schema
    assert SECRET.encode() not in one.agreements.path.read_bytes()


async def test_one_that_differs_too_often_is_turned_off_and_says_so(
    watched: Any, turned_off: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    one = watched(Doer("delivery", "billing"))
    await _ask(one, LEAST)
    assert turned_off == ["sorter"]
    assert "sorter is turned off" in caplog.text
    assert SECRET not in caplog.text
    with pytest.raises(TurnedOffError):
        await one.do(SORTER, SECRET)
    assert one.status()[0]["off"] is True
    # Another process learns of it from the file; one that is chosen anew is on.
    with pytest.raises(TurnedOffError):
        await watched(Doer()).do(SORTER, SECRET)
    anew = ModelTarget("sorter", "task", MAIL, task=MAIL, answerer="x", escalate=("large",), evidence="sha256:b")
    assert (await one.do(anew, SECRET)).output == {"category": "delivery"}
    one.agreements.reset("sorter")
    assert (await watched(Doer()).do(SORTER, SECRET)).output == {"category": "delivery"}


@pytest.mark.parametrize("large", [BackendError("down"), ProxyError("late"), '{"category": "parcels"}', "{no json"])
async def test_what_goes_wrong_with_the_larger_one_counts_for_nothing(watched: Any, large: Any) -> None:
    one = watched(Doer("delivery", large))
    await _ask(one, 3)
    assert one.agreements.rows() == ()


async def test_only_a_sample_and_only_models_inside_are_asked(watched: Any) -> None:
    doer = Doer()
    await _ask(watched(doer, share=0.02, chance=0.5), 5)
    vendor_only = ModelTarget("sorter", "task", MAIL, task=MAIL, answerer="x", escalate=("vendor",))
    await _ask(watched(doer), 3, vendor_only)
    assert doer.asked == []


@pytest.mark.parametrize("doer", [Doer("billing", sure=0.79), Doer(None)])
async def test_what_does_not_go_out_is_not_held_against_the_model(watched: Any, doer: Doer) -> None:
    """An answer that it isn't sure enough of goes to the next model in any case."""
    one = watched(doer)
    await _ask(one, 3, replace(SORTER, min_confidence=0.8))
    assert doer.asked == []
    assert one.agreements.rows() == ()


async def test_counts_that_can_not_be_read_stop_the_model(tmp_path: Path, watched: Any) -> None:
    (tmp_path / "agreement.db").mkdir()
    with pytest.raises(ProxyError):
        await watched(Doer()).do(SORTER, SECRET)
