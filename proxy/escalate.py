"""A task is done by a small model inside; what it can't do goes on to the next larger one that the policy allows.

Every answer is looked at before anybody gets it: does it fit the task's schema and the caller's, is it sure enough?
The vendor comes last, if the policy says so, and only for a request that might have gone there anyway: the policy is
asked again as if it were no task. It gets nothing where what was found in the request was a reason to keep it inside,
nor because a model inside failed. A server of the house is asked once that is in the log; the whole chain is in the
request's record before its answer, or it itself, leaves.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from local_models.errors import BackendError
from local_models.speech import AUTO, NONE
from local_models.tasks.asked import asked_fields, shaped
from local_models.tasks.fields import misfits
from local_models.tasks.router import Router
from local_models.tasks.task import Task
from policy.decision import Decision, Effect
from policy.model import ModelTarget, Policy
from policy.vocabulary import VENDOR
from proxy.decide import Asker, Decided
from proxy.errors import ConfigurationError, OverloadError, ProxyError
from proxy.message import Chat, Refusal
from proxy.providers.dialect import Answer
from proxy.reasons import header_reason
from proxy.recognise import asked_of

if TYPE_CHECKING:
    from proxy.pipeline import Recorder, Verdict


class Came(StrEnum):
    """What came of asking a model."""

    ANSWERED = "answered"
    UNSURE = "unsure"  # less sure than it has to be
    MISFIT = "misfit"  # what it wrote doesn't fit the task's schema, or not the caller's
    OTHER = "other_task"  # the request isn't what this model does, or doesn't look like it
    BUSY = "busy"
    FAILED = "failed"
    OFF = "turned_off"  # it agreed too seldom with a larger model (`proxy.watch`)
    FORBIDDEN = "forbidden"  # the vendor: it may not have this request
    LEFT = "left"  # the vendor: it gets the request


@dataclass(frozen=True, slots=True)
class Step:
    """One model of the chain."""

    model: str
    outcome: Came
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """What an answerer gave."""

    output: Mapping[str, Any] | None = field(repr=False)
    confidence: float
    input_tokens: int = 0
    output_tokens: int = 0


class TurnedOffError(ProxyError):
    """A model that does a task answers nothing any more."""


class Doer(Protocol):
    """Has models inside work: `proxy.answer.Answerer` in life."""

    async def do(self, target: ModelTarget, text: str) -> Done:
        """What a model of backend task makes of an input. Raises `ProxyError`."""

    async def ask(self, target: ModelTarget, chat: Chat) -> Answer:
        """The whole answer of any other model. Raises `ProxyError`, `BackendError`."""


@dataclass(frozen=True, slots=True)
class Work:
    """A request that a rule reroutes to a model of backend task, and what doing it needs."""

    decision: Decision
    policy: Policy
    router: Router
    doer: Doer
    chat: Chat = field(repr=False)  # as the policy's obligations left it
    recognised: frozenset[str]  # the tasks that it is, none of them vetoed
    announce: Callable[[str], Awaitable[None]]  # makes it durable that this model's server is asked next
    again: Callable[[], Awaitable[Decided]]  # what the policy would say if it were no task


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: with an answer of `target`, with leave to go to the vendor, or with neither."""

    steps: tuple[Step, ...]
    target: ModelTarget | None = None
    answer: Answer | None = None
    leave: Decided | None = None


type Helpers = tuple[Router | None, Doer | None, "Recorder", Callable[..., Awaitable[Decided]]]


async def escalated(verdict: "Verdict", policy: Policy, chat: Chat, by: Helpers) -> "Verdict":
    """The verdict with the task done, with leave to go to the vendor, or refused. Raises `ProxyError`."""
    router, doer, recorder, decide = by
    inquiry, decision, request = verdict.inquiry, verdict.decision, verdict.request
    if router is None or doer is None or inquiry is None:
        raise ConfigurationError("a rule reroutes to a model of backend task, and nobody here does tasks")
    person = (verdict.principal.user or f"@{verdict.principal.address}").casefold()
    asker = Asker(person, request, header_reason(request.headers) or verdict.inspection.reason)
    work = Work(
        decision=decision,
        policy=policy,
        router=router,
        doer=doer,
        chat=chat,
        recognised=frozenset(one.task for one in verdict.inspection.tasks if not one.vetoed),
        announce=partial(recorder.escalating, verdict),
        again=partial(decide, policy, replace(inquiry, tasks=()), asker, decision_id=decision.id),
    )
    outcome = await work_off(work)
    verdict = replace(verdict, steps=outcome.steps)
    if (leave := outcome.leave) is not None:
        rules = leave.decision.determining_rules
        going = replace(decision, effect=Effect.ALLOW, reroute_to=None, determining_rules=rules)
        return replace(verdict, decision=going, due=leave.due)
    if outcome.answer is None:
        return replace(verdict, refusal=verdict.dialect.refusal(unanswered(decision, outcome.steps)))
    return replace(verdict, chat=chat, target=outcome.target, answer=outcome.answer)


async def work_off(work: Work) -> Outcome:
    """Ask the models in turn. Raises `ConfigurationError`, and what `announce` and `again` raise."""
    first = work.policy.models.get(work.decision.reroute_to or "")
    task = work.router.tasks.get(first.task) if first is not None else None
    if first is None or task is None:
        raise ConfigurationError("the task of the model that this request is rerouted to is not known")
    steps: list[Step] = []
    for name in (first.name, *first.escalate):
        if name == VENDOR:
            leave = await _leave(work, steps)
            steps.append(Step(VENDOR, Came.FORBIDDEN if leave is None else Came.LEFT))
            return Outcome(tuple(steps), leave=leave)
        target = work.policy.models[name]
        step, answer = await (_do(work, task, target) if target is first else _ask(work, task, target))
        steps.append(step)
        if answer is not None:
            return Outcome(tuple(steps), target, answer)
    return Outcome(tuple(steps))


def unanswered(decision: Decision, steps: tuple[Step, ...]) -> Refusal:
    """The refusal where nothing is left: whether trying again may help depends on what was in the way."""
    inside = [step.outcome for step in steps if step.model != VENDOR]
    last = inside[-1] if inside else Came.FAILED
    match last:
        case Came.BUSY:
            status, code, why = 503, "privet_model_busy", "no internal model has time for it. Try again in a moment."
        case Came.FAILED | Came.OFF:
            status, code, why = 503, "privet_model_unavailable", "no internal model can answer it at the moment."
        case _:
            status, code, why = 422, "privet_task_unanswered", "no internal model was sure enough of an answer."
    return Refusal(
        decision_id=decision.id,
        message=f"This request must stay inside, and {why}",
        rules=decision.determining_rules,
        status=status,
        code=code,
        retry_after=1 if last is Came.BUSY else None,
    )


async def _do(work: Work, task: Task, target: ModelTarget) -> tuple[Step, Answer | None]:
    if task.id not in work.recognised:
        return Step(target.name, Came.OTHER), None
    if work.chat.wishes.tools and work.chat.wishes.choice not in {AUTO, NONE}:
        return Step(target.name, Came.MISFIT), None  # a call of a tool is wanted
    try:
        done = await work.doer.do(target, work.router.input_of(task.id, asked_of(work.chat)))
    except OverloadError:
        return Step(target.name, Came.BUSY), None
    except TurnedOffError:
        return Step(target.name, Came.OFF), None
    except ProxyError:
        return Step(target.name, Came.FAILED), None
    if done.output is None or not task.fits(done.output):
        return Step(target.name, Came.MISFIT), None
    if not target.min_confidence <= done.confidence <= 1:
        return Step(target.name, Came.UNSURE, min(max(done.confidence, 0.0), 1.0)), None
    form = shaped(done.output, work.chat.schema)
    if form is None:
        return Step(target.name, Came.MISFIT, done.confidence), None
    answer = Answer(
        text=json.dumps(form, ensure_ascii=False),
        model=target.model,
        input_tokens=done.input_tokens,
        output_tokens=done.output_tokens,
    )
    return Step(target.name, Came.ANSWERED, done.confidence), answer


async def _ask(work: Work, task: Task, target: ModelTarget) -> tuple[Step, Answer | None]:
    if target.backend == "openai":
        await work.announce(target.name)
    schema = work.chat.schema or json.dumps(task.schema)
    try:
        answer = await work.doer.ask(target, replace(work.chat, schema=schema))
    except (ProxyError, BackendError) as error:
        busy = isinstance(error, OverloadError) or getattr(error, "kind", "") == "busy"
        form = getattr(error, "name", "") == "GrammarError" or getattr(error, "kind", "") == "request"
        return Step(target.name, Came.BUSY if busy else Came.MISFIT if form else Came.FAILED), None
    fits = bool(answer.calls) or _fits(answer.text, task, work.chat.schema)
    return Step(target.name, Came.ANSWERED if fits else Came.MISFIT), answer if fits else None


def _fits(text: str, task: Task, schema: str | None) -> bool:
    """Whether a text is JSON of the caller's schema, else of the task's."""
    try:
        output = json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return False
    if schema is None:
        return task.fits(output)
    fields = asked_fields(schema)
    return isinstance(output, dict) and not (fields and misfits(fields, output))


def _no_json(word: str) -> None:
    """NaN and Infinity, which Python reads and callers don't. Raises `ValueError`."""
    raise ValueError(f"{word} is no JSON")


async def _leave(work: Work, steps: list[Step]) -> Decided | None:
    """The decision by which the request may go to its vendor; None if it may not."""
    if any(step.outcome in {Came.FAILED, Came.BUSY} for step in steps) or _sensitive(work):
        return None
    decided = await work.again()
    allowed = decided.decision.effect is Effect.ALLOW and decided.decision.enforced
    return decided if allowed else None


def _sensitive(work: Work) -> bool:
    """Whether what was found in the request, or could not be, is a reason for keeping it inside."""
    counted = {*work.decision.counted_rules}
    rules = [rule for rule in work.policy.rules if rule.id in counted and rule.effect is not Effect.ALLOW]
    return any(rule.when.entities or rule.when.labels or rule.when.uninspected for rule in rules)
