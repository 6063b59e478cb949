"""Models that do tasks are watched: of a sample of requests a larger model inside is asked, too.

Whether both agree is counted, of the answers that it is sure enough of. A model that is shown to agree less often than
it has to is turned off, and says so.

Turned off it answers nothing: its requests go to the next model that it escalates to, as the policy has it, or are
refused. The second model is asked after the first has answered, so that nobody waits for it; it gets the same input, as
the policy's obligations left it, and it is always one inside: the first of `escalate` that is no vendor.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_models.errors import BackendError
from local_models.tasks.router import Router
from local_models.tasks.task import Task, same
from policy.model import ModelTarget, Policy
from policy.vocabulary import VENDOR
from proxy.agreement import Agreement, Agreements
from proxy.errors import ProxyError
from proxy.escalate import Doer, Done, TurnedOffError
from proxy.message import Chat, ChatMessage, Role
from proxy.providers.dialect import Answer

if TYPE_CHECKING:
    from proxy.pipeline import Pipeline
    from proxy.record import Record
    from proxy.service import Privet

log = logging.getLogger("privet.watch")

_AT_A_TIME = 2  # second answers; further ones are not asked for
_REREAD = 2.0  # seconds after which another process's counts are seen
_TOKENS = 256


@dataclass(slots=True)
class Watched:
    """A doer whose answers are compared. `told` hears of each comparison, and whether it turned the model off."""

    doer: Doer
    agreements: Agreements
    policy: Callable[[], Policy]
    router: Callable[[], Router | None]
    share: Callable[[], float]
    least: Callable[[], float]
    told: Callable[[Agreement, bool, bool], None]  # all counts, whether this one agreed, whether it is off now
    asking: Callable[[str, str], None] = lambda _model, _other: None  # hears of it before the second model is asked
    chance: Callable[[], float] = random.random
    running: set[asyncio.Task[None]] = field(default_factory=set)
    _off: frozenset[tuple[str, str]] = frozenset()
    _read_at: float = -_REREAD
    _rows: tuple[Agreement, ...] = ()

    async def do(self, target: ModelTarget, text: str) -> Done:
        """What the model makes of an input, unless it is turned off. Raises `ProxyError`."""
        await self._refresh()
        if (target.name, revision_of(target)) in self._off:
            raise TurnedOffError(f"{target.name} is turned off: it agreed too seldom with a larger model")
        done = await self.doer.do(target, text)
        other = self._other(target) if _goes_out(target, done) else None
        if other is not None and len(self.running) < _AT_A_TIME and self.chance() < self.share():
            task = asyncio.create_task(self._compare(target, other, text, done))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return done

    async def ask(self, target: ModelTarget, chat: Chat) -> Answer:
        """The whole answer of any other model. Raises `ProxyError`, `BackendError`."""
        return await self.doer.ask(target, chat)

    def status(self) -> list[dict[str, Any]]:
        """What `/healthz` says, as it was read last."""
        return [plain(one) for one in self._rows]

    def _other(self, target: ModelTarget) -> ModelTarget | None:
        models = self.policy().models
        return next((models[name] for name in target.escalate if name != VENDOR and name in models), None)

    async def _compare(self, target: ModelTarget, other: ModelTarget, text: str, done: Done) -> None:
        """Ask the second model, and count. What goes wrong with it says nothing of the first."""
        router = self.router()
        task = router.tasks.get(target.task) if router is not None else None
        if task is None:
            return
        chat = Chat(
            messages=(ChatMessage(Role.USER, task.instruction(text)),),
            model=other.model,
            max_tokens=_TOKENS,
            temperature=0.0,
            schema=json.dumps(task.schema),
        )
        self.asking(target.name, other.name)
        try:
            said = _output(task, (await self.doer.ask(other, chat)).text)
            if said is None:
                return
            agreed = same(task, said, done.output)
            seen = Agreement(target.name, revision_of(target), other.name, 1, int(agreed), self.least())
            found, turned = await asyncio.to_thread(self.agreements.count, seen)
        except (ProxyError, BackendError) as error:
            log.warning("an answer of %s could not be compared: %s", target.name, type(error).__name__)
            return
        self._read_at = -_REREAD
        self.told(found, agreed, turned)
        if turned:
            log.error(
                "the model %s is turned off: it agreed with %s in %d of %d answers, expected %.3g at least. "
                "Its requests go to the next model that it escalates to. See: privet models watch",
                *(found.model, found.other, found.agreed, found.compared, found.least),
            )

    async def _refresh(self) -> None:
        """See what all processes counted. Without that nobody can say that a model may answer."""
        if time.monotonic() - self._read_at < _REREAD:
            return
        self._rows = await asyncio.to_thread(self.agreements.rows)
        self._off = frozenset((one.model, one.revision) for one in self._rows if one.off)
        self._read_at = time.monotonic()


def _goes_out(target: ModelTarget, done: Done) -> bool:
    """Whether the model can be judged by it: what it isn't sure enough of, another one answers anyway."""
    return done.output is not None and done.confidence >= target.min_confidence


def revision_of(target: ModelTarget) -> str:
    """What the counts belong to: the evidence, else the answerer as it is named."""
    return target.evidence or f"{target.task}:{target.answerer}"


def plain(one: Agreement) -> dict[str, Any]:
    """As JSON has it."""
    least, most = one.bounds
    return {
        "model": one.model,
        "revision": one.revision,
        "compared_with": one.other,
        "compared": one.compared,
        "agreed": one.agreed,
        "agreed_at_least": round(least, 4),
        "agreed_at_most": round(most, 4),
        "expected": one.least,
        "off": bool(one.off),
    }


def watched(privet: "Privet", record: "Record") -> Watched:
    """The answerer of a running Privet, watched."""
    if privet.answerer is None:
        raise ValueError("there is no answerer yet")

    def told(found: Agreement, agreed: bool, turned: bool) -> None:
        privet.metrics.of_agreement(found.model, agreed=agreed, turned_off=turned)
        if not turned:
            return
        details = {"model": found.model, "compared": str(found.compared), "agreed": str(found.agreed)}
        record.notice("model_turned_off", privet.policy, details)

    def asking(model: str, other: str) -> None:
        record.notice("task_compared", privet.policy, {"model": model, "with": other})

    return Watched(
        doer=privet.answerer,
        agreements=Agreements(privet.state.agreement),
        policy=lambda: privet.policy,
        router=lambda: privet.router,
        share=lambda: privet.settings.tasks.watch,
        least=lambda: privet.settings.tasks.agreement,
        told=told,
        asking=asking,
    )


def watch_status(pipeline: "Pipeline | None") -> list[dict[str, Any]]:
    """What `/healthz` says of the models that are watched."""
    doer = None if pipeline is None else pipeline.doer
    return doer.status() if isinstance(doer, Watched) else []


def _output(task: Task, text: str) -> Mapping[str, Any] | None:
    try:
        output = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return output if task.fits(output) else None
