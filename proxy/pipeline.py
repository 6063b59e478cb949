"""The one path of a request: read, inspect, decide, de-identify, record; then, and only then, let it go.

Everything the path needs is handed in (`Pipeline`), nothing here opens a socket or a file, and mitmproxy is unknown.
`Pipeline.judge` never raises for a request's sake: whatever goes wrong becomes a `Verdict` that refuses.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from ulid import ULID

from configs.settings import Settings
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from local_models.tasks.router import Recognised, Router
from policy.decision import Decision, Effect, Inquiry, Mode
from policy.model import ModelTarget, Policy
from proxy.acquainted import acquainted
from proxy.attached import Attached, Files, open_attachments
from proxy.decide import Asker, Justification, decide
from proxy.encoded import Unfolder
from proxy.errors import BodyError, LimitError, OverloadError, ProxyError, SigningError
from proxy.escalate import Doer, Step, escalated
from proxy.identity import Principal
from proxy.inquiry import ask, tool_names
from proxy.kept_state import reads_state
from proxy.ledger import Charge, Ledger
from proxy.limits import check_charset, decode_body
from proxy.memory import Owner, earlier, remember
from proxy.message import Chat, Extraction, Refusal, Request, Response, Segment
from proxy.providers.address import IN_ADDRESS, address_segments, deployment, rebuild_address
from proxy.providers.boundary import renamed
from proxy.providers.dialect import Answer, Dialect
from proxy.providers.headers import HEADER, header_segments, rebuild_headers
from proxy.providers.registry import dialect_for
from proxy.quoted import Quoted, quoted, unquoted, untouched
from proxy.reasons import NOTHING_SPOKEN, Reason, header_reason, spoken_reasons
from proxy.recognise import recognise
from proxy.refusals import PASSING, later, refusal_of
from proxy.reply_judge import ReplyRules
from proxy.seams import scan_all
from proxy.shares import Alone, Others
from proxy.signing import Signer, is_signed, signed_anew
from proxy.tariff import Tariff
from proxy.token_index import TokenIndex
from proxy.transforms.deidentify import Deidentified, deidentify
from proxy.vault import Vault, View

# A detector that is down or slow may be up again: "try again" (503). What can't be read stays so (403).
_TRANSIENT = frozenset({SkipReason.TIMEOUT, SkipReason.DETECTOR_DOWN, SkipReason.DETECTOR_ERROR})
_LARGE_BODY = 200_000  # bytes: some ten milliseconds of reading and rebuilding


def _now() -> datetime:
    return datetime.now(UTC)


class Inspector(Protocol):
    """What looks at texts: the worker pools behind caches in life, a function in tests."""

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan for each (text, context); a text that could not be scanned has a `Skipped` in its scan."""

    async def label(self, texts: Sequence[str]) -> Scan:
        """The labels of the texts as one document, or a `Skipped`."""


class Recorder(Protocol):
    """What makes a verdict durable."""

    async def intent(self, verdict: "Verdict") -> None:
        """Return when the record is durable. Raises `proxy.record.RecordError`."""

    async def escalating(self, verdict: "Verdict", model: str) -> None:
        """Return when it is durable that this model's server is asked next. Raises `proxy.record.RecordError`."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about one request."""

    extraction: Extraction  # with the texts of the query and of the files
    findings: Mapping[str, tuple[Finding, ...]]  # by pointer
    labels: tuple[Label, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    error: str | None = None
    status: int = 403  # of a refusal that this inspection leads to
    tools: tuple[str, ...] = ()  # their names, if the policy asks for them
    tasks: tuple[Recognised, ...] = ()  # that it is, if the policy asks for them
    languages: Mapping[str, int] = field(default_factory=dict)  # ISO 639 → texts in it
    attached: Attached = field(default_factory=Attached)
    reason: Reason | None = None  # that somebody gave in the prompt
    without_reason: bytes | None = field(default=None, repr=False)  # the body without that


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a request. A `refusal` is set unless it may go or is answered inside."""

    decision: Decision
    principal: Principal
    request: Request
    dialect: Dialect
    inspection: Inspection
    refusal: Response | None = None
    body: bytes | None = field(default=None, repr=False)  # the new body; None leaves the bytes as they are
    path: str | None = field(default=None, repr=False)  # the new path, likewise
    headers: Mapping[str, str | None] = field(default_factory=dict, repr=False)  # to set; None: to leave out
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    vault: View | None = None  # earlier tokens, if the reply may speak of them
    reply: ReplyRules | None = None  # if any rule speaks of the reply
    applied: tuple[tuple[str, str, str, int], ...] = ()  # pointer, entity type, operator, count
    chat: Chat | None = None
    target: ModelTarget | None = None
    answer: Answer | None = field(default=None, repr=False)  # the target's, if it was given already: to a task
    steps: tuple[Step, ...] = ()  # the models that were asked to do the task
    model: str = ""
    provider: str = ""  # whose API it is: the host's owner, else the dialect's
    inquiry: Inquiry | None = None  # what the policy was asked; None if it wasn't
    justification: Justification | None = None
    due: tuple[Charge, ...] = ()  # what the reply still takes from budgets
    started: float = 0.0  # time.monotonic() when the request was complete

    @property
    def goes(self) -> bool:
        """Whether the request may leave."""
        return self.refusal is None and self.target is None


@dataclass(slots=True)
class Pipeline:
    """The path of a request, with everything it needs. `policy` is replaced at a reload; each request reads it once."""

    settings: Settings
    policy: Policy
    inspector: Inspector
    recorder: Recorder
    token_key: bytes = field(repr=False)
    vault: Vault | None = None
    files: Files | None = None  # without it, no file can be read
    signer: Signer | None = None  # of requests that their client signed
    unfolder: Unfolder = field(default_factory=Unfolder, repr=False)
    ledger: Ledger | None = None
    tariff: Tariff | None = None  # without it, budgets can't count USD
    router: Router | None = None  # of named tasks, if the policy asks for them
    doer: Doer | None = None  # who does them
    active: int = 0
    others: Others = field(default_factory=Alone)  # serving processes: limits are for all together
    clock: Callable[[], datetime] = _now

    async def judge(
        self, request: Request, principal: Principal, *, content_encoding: str = "", model: str = ""
    ) -> Verdict:
        """The verdict on one request, recorded durably. Never raises but for cancellation.

        `model` is the one that is meant if the request itself doesn't say: a later message of a conversation.
        """
        started = time.monotonic()
        dialect = self._dialect(request)
        self.active += 1
        try:
            if self.active + self.others.requests(self.active) > self.settings.limits.concurrent:
                raise OverloadError("limits.concurrent requests are inspected", 1.0)  # noqa: TRY301 - as later ones are
            verdict = await self._judge(request, principal, dialect, content_encoding, model, started)
        except OverloadError as error:
            verdict = self._refused(request, principal, dialect, "overloaded", status=503, started=started)
            verdict = later(verdict, error.seconds)
        except ProxyError as error:
            verdict = self._refused(
                request, principal, dialect, type(error).__name__, status=error.status_hint, started=started
            )
        except Exception as error:  # noqa: BLE001 - the fail-closed guard: whatever went wrong, the request stays here
            verdict = self._refused(request, principal, dialect, type(error).__name__, status=503, started=started)
        finally:
            self.active -= 1
            self.others.requests(self.active)
        return await self._record(verdict)

    async def refuse(self, request: Request, principal: Principal, reason: str, status: int = 403) -> Verdict:
        """A recorded refusal for a request that isn't even looked at (WebSocket, names that disagree, …)."""
        verdict = self._refused(
            request, principal, self._dialect(request), reason, status=status, started=time.monotonic()
        )
        return await self._record(later(verdict, 1.0) if reason in PASSING else verdict)

    async def _judge(  # noqa: PLR0917
        self,
        request: Request,
        principal: Principal,
        dialect: Dialect,
        content_encoding: str,
        model: str,
        started: float,
    ) -> Verdict:
        policy = self.policy
        try:
            body = decode_body(request.body, content_encoding, self.settings.limits.body_bytes)
            check_charset(request.headers.get("content-type", ""), body)
            plain = Request(
                method=request.method, host=request.host, path=request.path, headers=request.headers, body=body
            )
            if policy.mode is Mode.ENFORCE and (framed := renamed(plain)) is not None:
                plain, dialect = framed, self._dialect(framed)
            inspection = await self._inspect(plain, dialect, policy)
            if inspection.without_reason is not None:
                plain = replace(plain, body=inspection.without_reason)
        except OverloadError:
            raise  # whatever the policy says of errors: later it can be inspected
        except (BodyError, LimitError) as error:
            plain, inspection = request, _failed(_reason(error), error.status_hint)
        except Exception as error:  # noqa: BLE001 - the policy's when_error decides, and it blocks unless told otherwise
            plain, inspection = request, _failed(type(error).__name__, 503)
        reframed = {} if plain.headers is request.headers else {"content-type": plain.headers["content-type"]}
        view = earlier(self.vault, self._owner(principal, policy))
        again = _quoted(inspection, view)
        if again is not None and again.spans:
            left = unquoted(inspection.extraction.segments, inspection.findings, again)
            inspection = replace(inspection, findings=left)
        if inspection.error is None:
            said = inspection.extraction.model
            model = deployment(plain) or (dialect.model(plain) if said is None else said) or model
        provider = self._provider(plain, dialect)
        inquiry = ask(
            plain,
            principal,
            inspection,
            dialect=dialect.name,
            provider=provider,
            region=self.settings.host_table.region(plain.host),
            model=model,
            tools=inspection.tools,
            at=self.clock(),
        )
        person = (principal.user or f"@{principal.address}").casefold()
        asker = Asker(person, plain, header_reason(plain.headers) or inspection.reason)
        known = self.tariff.knows if self.tariff is not None else None
        decided = await decide(policy, inquiry, asker, self.ledger, decision_id=str(ULID()), known=known)
        decision = decided.decision
        verdict = Verdict(
            decision=decision,
            principal=principal,
            request=plain,
            dialect=dialect,
            inspection=inspection,
            model=model,
            provider=provider,
            body=plain.body if reframed else inspection.without_reason,
            headers=reframed,
            inquiry=decided.inquiry,
            reply=ReplyRules.of(policy, decided.inquiry),
            justification=decided.justification,
            due=decided.due,
            started=started,
        )
        if not decision.enforced:
            return await self._signed(verdict, request)
        if decision.effect in (Effect.BLOCK, Effect.JUSTIFY):
            refusal = dialect.refusal(refusal_of(decision, inspection, decided))
            return replace(verdict, refusal=refusal)
        verdict = replace(
            verdict,
            tokens=again.tokens if again is not None else verdict.tokens,
            vault=view if view is not None and reads_state(plain) else None,
        )
        return await self._signed(await self._carry_out(verdict, policy, again), request)

    async def _signed(self, verdict: Verdict, original: Request) -> Verdict:
        """The verdict with a signature that fits what leaves. Raises `SigningError` if there can't be one."""
        if not verdict.goes or not is_signed(original):
            return verdict
        if verdict.headers:
            raise SigningError("the client signed this request, so that its headers can't be changed")
        changed = verdict.body is not None or verdict.path is not None
        # At the gateway the client signed for another host.
        if not changed and original.named_host == original.host:
            return verdict
        body = original.body if verdict.body is None else verdict.body
        path = original.path if verdict.path is None else verdict.path
        hosts = self.settings.host_table
        headers = await asyncio.to_thread(signed_anew, original, path, body, hosts, self.signer)
        return replace(verdict, headers=headers)

    async def _carry_out(self, verdict: Verdict, policy: Policy, again: Quoted | None) -> Verdict:
        decision, dialect, inspection = verdict.decision, verdict.dialect, verdict.inspection
        if decision.effect not in (Effect.ALLOW, Effect.REROUTE):
            raise ProxyError("a decision that refuses can't be carried out on a request")
        if inspection.error is not None:
            return verdict  # the policy's when_error lets it go as it is
        changed = await self._deidentify(verdict, policy, again)
        await remember(self.vault, self._owner(verdict.principal, policy), changed, verdict.request)
        body, path = verdict.request.body, verdict.request.path
        headers = verdict.headers
        if changed.texts:
            texts, files = await inspection.attached.changed(inspection.extraction.segments, changed.texts, self.files)
            in_body = {p: t for p, t in texts.items() if not p.startswith((*IN_ADDRESS, HEADER))}
            body = await _offload(len(body), dialect.rebuild, body, in_body, files)
            path = rebuild_address(path, texts)
            headers = {**headers, **rebuild_headers(verdict.request.headers, texts)}
        verdict = replace(
            verdict,
            # None: the bytes go on as they came, encoded or not
            body=body if body != verdict.request.body else verdict.body,
            path=path if path != verdict.request.path else None,
            headers=headers,
            tokens={**verdict.tokens, **changed.tokens},
            applied=changed.applied,
        )
        if decision.effect is Effect.REROUTE:
            return await self._reroute(verdict, policy, body, changed.texts)
        return verdict

    async def _deidentify(self, verdict: Verdict, policy: Policy, again: Quoted | None) -> Deidentified:
        """Carry out the obligations, then scan what was changed once more: what is left is treated likewise."""
        decision, inspection = verdict.decision, verdict.inspection
        scope = self._owner(verdict.principal, policy).scope
        work = partial(deidentify, actions=decision.actions, key=self.token_key, scope=scope)
        size = len(verdict.request.body)
        first = await _offload(size, work, inspection.extraction.segments, inspection.findings)
        if not first.texts:
            return first
        segments = tuple(
            Segment(pointer=s.pointer, role=s.role, text=first.texts.get(s.pointer, s.text), context=s.context)
            for s in inspection.extraction.segments
        )
        changed = [segment for segment in segments if segment.pointer in first.texts]
        scans = await self.inspector.scan([(segment.text, segment.context) for segment in changed])
        if any(scan.skipped for scan in scans):
            raise ProxyError("the redacted text could not be scanned again")
        ours = [*first.tokens, *first.silent, *(() if again is None else (*again.tokens, *again.silent))]
        placed = TokenIndex(dict.fromkeys(ours, ""))
        residue = {
            segment.pointer: untouched(segment.text, scan.findings, placed)
            for segment, scan in zip(changed, scans, strict=True)
        }
        second = await _offload(size, partial(work, before=first), segments, residue)
        if any(first.tokens.get(token, value) != value for token, value in second.tokens.items()):
            raise ProxyError("two values of this request would share a token")
        return Deidentified(
            texts={**first.texts, **second.texts},
            tokens={**first.tokens, **second.tokens},
            applied=first.applied + second.applied,
            silent=first.silent | second.silent,
        )

    async def _reroute(self, verdict: Verdict, policy: Policy, body: bytes, texts: Mapping[str, str]) -> Verdict:
        request = verdict.request
        chat = verdict.dialect.chat(
            Request(method=request.method, host=request.host, path=request.path, headers=request.headers, body=body)
        )
        target = policy.models.get(verdict.decision.reroute_to or "")
        if chat is None or target is None or chat.wishes.unmet:
            # A request that must stay inside and can't be answered there is refused.
            message = "This kind of request must stay inside, and no internal model can answer it."
            if chat is not None and chat.wishes.unmet:
                message = message.removesuffix(".") + f" as it is asked: without {', '.join(chat.wishes.unmet)} it can."
            refusal = verdict.dialect.refusal(refusal_of(verdict.decision, verdict.inspection, message=message))
            return replace(verdict, refusal=refusal)
        told = verdict.inspection.attached.told(chat, texts)
        if target.backend != "task":
            return replace(verdict, chat=told, target=target)
        known = self.tariff.knows if self.tariff is not None else None
        by = (self.router, self.doer, self.recorder, partial(decide, ledger=self.ledger, known=known))
        return await escalated(verdict, policy, told, by)

    async def _inspect(self, request: Request, dialect: Dialect, policy: Policy) -> Inspection:
        extraction = await _offload(len(request.body), dialect.extract, request.body)
        spoken, without = NOTHING_SPOKEN, None
        if policy.mode is Mode.ENFORCE and policy.justifies():
            spoken = spoken_reasons(extraction.segments)
        if spoken.texts:
            without = await _offload(len(request.body), dialect.rebuild, request.body, spoken.texts)
            request = replace(request, body=without)
            extraction = await _offload(len(without), dialect.extract, without)
        own = (*extraction.segments, *address_segments(request.path), *header_segments(request.headers))
        outer = await _offload(len(request.body), self.unfolder.unfold, own)
        attached = await open_attachments(outer, extraction.attachments, self.files, self.unfolder)
        segments = (*own, *attached.segments())
        extraction = replace(extraction, segments=segments)
        if len(segments) > self.settings.limits.segments:
            raise LimitError(f"the body has {len(segments)} strings, limits.segments allows fewer")
        labelling: asyncio.Task[Scan] | None = None
        if policy.labels_used() and self.settings.classifier.enabled:
            labelling = asyncio.create_task(self.inspector.label(extraction.document()))
        try:
            scans = acquainted(segments, await scan_all(self.inspector, segments))
            labelled = await labelling if labelling is not None else Scan()
        finally:
            if labelling is not None:
                labelling.cancel()
        skipped = [*extraction.skipped, *attached.skipped()]
        for segment, scan in zip(segments, scans, strict=True):
            skipped += [Skipped(pointer=segment.pointer, reason=item.reason) for item in scan.skipped]
        skipped += labelled.skipped
        tasks = partial(recognise, self.router, policy, request, dialect, attached)
        transient = any(item.reason in _TRANSIENT for item in skipped)
        return Inspection(
            extraction=extraction,
            findings={s.pointer: scan.findings for s, scan in zip(segments, scans, strict=True) if scan.findings},
            labels=labelled.labels,
            languages=Counter(language for scan in scans for language in scan.languages),
            skipped=tuple(skipped),
            status=503 if transient else 403,
            reason=spoken.reason,
            without_reason=without,
            tools=await _offload(len(request.body), tool_names, request.body) if policy.tools_used() else (),
            # Ten times the work of reading it: each template is looked for.
            tasks=await _offload(10 * len(request.body), tasks) if policy.tasks_used() else (),
            attached=attached,
        )

    async def _record(self, verdict: Verdict) -> Verdict:
        try:
            await self.recorder.intent(verdict)
        except Exception:  # noqa: BLE001 - no durable intent, no request: whatever the reason
            refusal = Refusal(
                decision_id=verdict.decision.id,
                message="Privet can't record requests at the moment, so none may leave. Tell its administrator.",
                status=503,
                code="privet_audit_unavailable",
            )
            return replace(verdict, refusal=verdict.dialect.refusal(refusal), chat=None, target=None, tokens={})
        if not verdict.inspection.extraction.attachments:
            return verdict
        # A reply may take minutes to come, and nobody needs the files any more.
        slim = replace(verdict.inspection.extraction, attachments=())
        return replace(verdict, inspection=replace(verdict.inspection, extraction=slim, attached=Attached()))

    def _refused(
        self, request: Request, principal: Principal, dialect: Dialect, reason: str, *, status: int, started: float
    ) -> Verdict:
        """A refusal that no rule decided: something inside failed, or the request may not be looked at."""
        inspection = _failed(reason, status)
        policy = self.policy
        decision = Decision(
            id=str(ULID()),
            effect=Effect.BLOCK,
            mode=policy.mode.ENFORCE,  # fail closed also where the policy only watches
            policy_id=policy.id,
            policy_revision=policy.revision,
            department=principal.department,
            determining_rules=("privet.fail_closed",),
        )
        return Verdict(
            decision=decision,
            principal=principal,
            request=request,
            dialect=dialect,
            inspection=inspection,
            refusal=dialect.refusal(refusal_of(decision, inspection)),
            provider=self._provider(request, dialect),
            started=started,
        )

    def _dialect(self, request: Request) -> Dialect:
        family = self.settings.host_table.family(request.host)
        return dialect_for(request, nesting=self.settings.limits.nesting, family=family)

    def _owner(self, principal: Principal, policy: Policy) -> Owner:
        return Owner.of(principal, policy.id, self.settings.tokens)

    def _provider(self, request: Request, dialect: Dialect) -> str:
        return self.settings.host_table.provider(request.host) or dialect.provider


def _quoted(inspection: Inspection, view: View | None) -> Quoted | None:
    if view is None or inspection.error is not None:
        return None
    return quoted(inspection.extraction.segments, inspection.findings, view)


def _failed(reason: str, status: int) -> Inspection:
    return Inspection(extraction=Extraction(segments=()), findings={}, error=reason, status=status)


def _reason(error: BodyError | LimitError) -> str:
    return "body_too_large" if isinstance(error, LimitError) else "body_unreadable"


async def _offload[**P, T](size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the work; in a thread if the body is so large that other connections would feel it."""
    if size < _LARGE_BODY:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
