"""Privet in the test's own event loop: real listeners, real TLS, real policy and dialects; detection is a table.

    async with running(tmp_path, vendor, policy=POLICY) as privet:
        async with privet.client() as client:           # through the explicit proxy
            await client.post("https://api.openai.com/v1/chat/completions", json=…)
        privet.inspector.fault = RuntimeError()         # from now on detection raises
        privet.record.events                            # what was recorded, in order

What can go wrong is injected at the seams that the pipeline has anyway: its inspector and its recorder's store.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from aiohttp import web

from audit.event import AuditEvent
from configs.settings import Settings
from configs.state import StatePaths, make_private_dir
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from detectors.normalize import normalize
from detectors.readings.escapes import views
from local_models.tasks.router import Router
from policy.load import load_policy
from proxy.addon import PrivetAddon
from proxy.answer import Answerer
from proxy.authority import ensure_authority
from proxy.identity import Credentials
from proxy.justify import Justify
from proxy.ledger import Ledger
from proxy.local import LocalServer
from proxy.metrics import Metrics
from proxy.pipeline import Pipeline, Verdict
from proxy.providers.registry import gateway_bases
from proxy.record import Record
from proxy.server import MitmServer
from proxy.signing import aws_signer
from proxy.tariff import Tariff
from proxy.vault import Vault
from tests.fakes.tls import trusting
from tests.fakes.vendor import Vendor

POLICY = """
schema: privet.policy/1
id: test
defaults: {effect: allow, when_uninspected: block, when_error: block}
departments:
  finance: {users: [ana]}
rules:
  - id: secrets-stay
    when: {entities: [{group: SECRETS}]}
    effect: block
    message: Take the credential out.
  - id: people
    when: {entities: [{type: PERSON}, {type: EMAIL_ADDRESS}]}
    effect: allow
    obligations: [{tokenize: {types: [PERSON, EMAIL_ADDRESS], restore: true}}]
"""

KNOWN = {"Anna Schmidt": "PERSON", "anna@example.com": "EMAIL_ADDRESS", "hunter2-secret": "SECRET"}


@dataclass(slots=True)
class TableInspector:
    """Finds what a table says. `fault` is raised, `hang` waits for ever, `reason` skips everything."""

    known: Mapping[str, str] = field(default_factory=lambda: dict(KNOWN))
    labels: tuple[Label, ...] = ()
    fault: BaseException | None = None
    reason: SkipReason | None = None
    languages: tuple[str, ...] = ()  # that every text is in
    hold: asyncio.Event | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    texts: list[str] = field(default_factory=list)

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        self.texts += [text for text, _ in texts]
        self.started.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        if self.reason is not None:
            return [Scan(skipped=(Skipped("", self.reason),)) for _ in texts]
        return [self._scan(text) for text, _ in texts]

    async def label(self, texts: Sequence[str]) -> Scan:
        return Scan(labels=self.labels)

    def _scan(self, text: str) -> Scan:
        plain = normalize(text)
        found = {
            Finding(*plain.original(*place), name, 0.9, "table")
            for value, name in self.known.items()
            for place in self._places(plain.text, value)
        }
        return Scan(findings=tuple(sorted(found)), languages=self.languages)

    @staticmethod
    def _places(text: str, value: str) -> Iterator[tuple[int, int]]:
        """Where a value stands, read as the real detectors read: with escapes undone, too."""
        yield from (match.span() for match in re.finditer(re.escape(value), text))
        for view in views(text):
            inner = normalize(view.text)
            for match in re.finditer(re.escape(value), inner.text):
                yield view.original(*inner.original(*match.span()))


@dataclass(slots=True)
class ListStore:
    """Keeps events in a list. `fault` fails every append, `hang` never answers."""

    events: list[AuditEvent] = field(default_factory=list)
    fault: BaseException | None = None
    hang: bool = False

    def append(self, event: AuditEvent) -> Future[Any]:
        future: Future[Any] = Future()
        if self.hang:
            return future
        if self.fault is not None:
            future.set_exception(self.fault)
            return future
        self.events.append(event)
        future.set_result(None)
        return future

    @property
    def intents(self) -> list[AuditEvent]:
        return [event for event in self.events if event.kind.value == "intent"]

    @property
    def outcomes(self) -> list[AuditEvent]:
        return [event for event in self.events if event.kind.value == "outcome"]


class PatientRecord(Record):
    """Waits for a store that answers, however busy the machine is; a store that hangs is given up at once."""

    async def intent(self, verdict: Verdict) -> None:
        """As `Record.intent`."""
        self.commit_timeout = 0.5 if isinstance(self.store, ListStore) and self.store.hang else 20.0
        await Record.intent(self, verdict)


@dataclass(slots=True)
class Running:
    """What a test holds of a running Privet."""

    settings: Settings
    state: StatePaths
    pipeline: Pipeline
    inspector: TableInspector
    store: ListStore
    addon: PrivetAddon
    server: MitmServer
    addresses: dict[str, str]

    @property
    def proxy(self) -> str:
        return f"http://{self.addresses['proxy']}"

    @property
    def gateway(self) -> str:
        return f"http://{self.addresses['gateway']}"

    def trust(self, *, http2: bool = False) -> ssl.SSLContext:
        """A TLS context that trusts Privet's authority alone."""
        return trusting(str(self.state.ca_cert), http2=http2)

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client that goes through the explicit proxy and trusts Privet's authority."""
        options.setdefault("proxy", self.proxy)
        return httpx.AsyncClient(
            verify=self.trust(http2=options.get("http2", False)), timeout=20, trust_env=False, **options
        )


@asynccontextmanager
async def running(
    path: Path,
    vendor: Vendor,
    *,
    policy: str = POLICY,
    settings: Mapping[str, Any] | None = None,
    users: Credentials | None = None,
    answerer: Answerer | None = None,
    router: Router | None = None,
    hosts: Sequence[str] = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"),
) -> AsyncIterator[Running]:
    """Serve until the block ends."""
    policy_file = path / "policy.yaml"
    policy_file.write_text(policy)
    merged: dict[str, Any] = {
        "listen": {"proxy": "127.0.0.1:0", "gateway": "127.0.0.1:0", "api": "127.0.0.1:0", "http2": True},
        "upstream": {
            "hosts": dict.fromkeys(hosts, f"127.0.0.1:{vendor.port}"),
            "ca_file": vendor.ca_file,
        },
        "policy": policy_file,
        "state_dir": path / "state",
        **(settings or {}),
    }
    typed = Settings.model_validate(merged)
    state = StatePaths(typed.state_dir)
    make_private_dir(state.root)
    ensure_authority(state)
    inspector, store, metrics = TableInspector(), ListStore(), Metrics()
    record = PatientRecord(store, b"f" * 32, 0.5)
    vault = Vault(state.vault, b"v" * 32, typed.tokens.vault_days) if typed.tokens.vault else None
    ledger = Ledger(state.ledger, b"l" * 32)
    pipeline = Pipeline(
        settings=typed,
        policy=load_policy(policy_file),
        inspector=inspector,
        recorder=record,
        token_key=b"t" * 32,
        signer=aws_signer(typed.upstream.aws_sign),
        vault=vault,
        ledger=ledger,
        router=router,
        doer=answerer,
        tariff=Tariff(typed.costs),
    )
    ready = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        local = LocalServer(
            inspector=inspector,
            answerer=answerer or Answerer(pools={}, session=session, deadline=5.0),
            metrics=metrics,
            status=dict,
            ready=list,
            labelling=lambda: False,
            justify=Justify(ledger, record, pipeline),
        )
        api, inner = await _listen(local.public()), await _listen(local.inner())
        addon = PrivetAddon(
            settings=typed,
            pipeline=pipeline,
            record=record,
            local=local,
            metrics=metrics,
            credentials=users,
            api_port=lambda: api.addresses[0][1],
            inner_port=lambda: inner.addresses[0][1],
            gateway_bases=gateway_bases(typed.upstream.gateway),
            on_running=ready.set,
        )
        server = MitmServer(typed, state.ca_dir, addon)
        task = asyncio.create_task(server.run())
        await asyncio.wait({task, ready_task := asyncio.create_task(ready.wait())}, return_when="FIRST_COMPLETED")
        if task.done():
            ready_task.cancel()
            task.result()
        try:
            yield Running(typed, state, pipeline, inspector, store, addon, server, server.addresses())
        finally:
            if inspector.hold is not None:
                inspector.hold.set()
            server.shutdown()
            await task
            await api.cleanup()
            await inner.cleanup()
            ledger.close()
            if vault is not None:
                vault.close()


async def _listen(app: web.Application) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner
