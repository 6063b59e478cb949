"""The service: everything that `privet serve` runs, put together in the order that fails closed.

Policy, keys, audit log and workers come first, and each can refuse the start; the listeners come last, so that nothing
is accepted that could not be judged. A changed policy is taken over while serving, or kept out. At the end come the
running requests: they get `drain` seconds, and what is left of a stream then ends with an error event.

One process is all there is, or one of several that share the ports (`Link`, `proxy.fleet`).
"""

import asyncio
import gc
import json
import logging
import os
import secrets
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from audit.store import AuditStore
from configs.packages import clashing_packages
from configs.settings import Settings, load_settings, parse_address
from configs.state import StatePaths, load_or_make_key, make_private_dir
from configs.yaml_source import SourceError
from detectors.cache import ScanCache
from local_models.tasks.router import Router
from policy.load import load_policy
from policy.model import Policy
from proxy.addon import PrivetAddon
from proxy.answer import Answerer
from proxy.authority import ensure_authority, ensure_bundle
from proxy.broker import RemotePool
from proxy.errors import ConfigurationError, WorkerError
from proxy.files import PoolFiles, opener
from proxy.identity import Credentials
from proxy.inspector import PoolInspector
from proxy.jobs import DETECTION
from proxy.justify import Justify
from proxy.labelling import start_labelling
from proxy.ledger import Ledger, LedgerError
from proxy.local import LocalServer
from proxy.metrics import Metrics
from proxy.own_data import OwnData
from proxy.own_head import OwnHead
from proxy.pipeline import Pipeline
from proxy.providers.registry import gateway_bases
from proxy.record import Record
from proxy.reload import taken_over
from proxy.selftest import failures
from proxy.server import MitmServer
from proxy.shares import Alone, Shares
from proxy.signing import aws_signer
from proxy.tariff import Tariff
from proxy.task_models import start_models
from proxy.vault import Vault, VaultError
from proxy.watch import watch_status, watched
from proxy.workers import Pool, WorkerPool, by_job

log = logging.getLogger("privet")

_POLICY_POLL = 1.0  # seconds
_CHAT_DEADLINE = 3600.0  # seconds for an internal model's whole answer, whatever the policy says
_DRAIN_POLL = 0.05  # seconds between two looks at what still runs
_LAST_WORDS = 1.0  # seconds for streams that are cut off to say so


@dataclass(frozen=True, slots=True)
class Source:
    """Where the settings come from, so that they can be read again."""

    path: Path
    overrides: tuple[str, ...] = ()

    def read(self) -> Settings:
        """The settings as they are now. Raises `SourceError`."""
        return load_settings(self.path, self.overrides)


@dataclass(frozen=True, slots=True)
class Link:
    """What ties one of several serving processes to its supervisor."""

    pools: Path  # the socket at which worker pools are lent
    api: str  # the address of the supervisor's API, which speaks for all
    shares: Shares  # what all of them hold together
    ready: Callable[[dict[str, str]], None]  # tells the supervisor that this process serves, and where
    orphaned: asyncio.Event  # set when the supervisor is gone


@dataclass(slots=True)
class Privet:
    """Everything that runs. `async with` starts and stops it; `run` serves until it is told to stop."""

    settings: Settings
    state: StatePaths
    policy: Policy
    own: OwnData
    head: OwnHead = field(default_factory=OwnHead)
    metrics: Metrics = field(default_factory=Metrics)
    store: AuditStore | None = None
    pipeline: Pipeline | None = None
    inspector: PoolInspector | None = None
    answerer: Answerer | None = None
    router: Router | None = None
    files: PoolFiles | None = None
    addresses: dict[str, str] = field(default_factory=dict)
    serving: bool = False
    link: Link | None = None
    source: Source | None = None
    _policy_stamp: tuple[tuple[str, int, int], ...] = ()

    @property
    def pools(self) -> list[Pool]:
        """Every worker pool there is."""
        if self.inspector is None or self.answerer is None:
            return []
        files = [self.files.pool] if self.files else []
        labelling = [pool for pool in (self.inspector.documents, self.inspector.sentences) if pool]
        models = [*self.answerer.pools.values(), *self.answerer.doers.values()]
        return [self.inspector.detection, *labelling, *files, *models]

    def pool(self, job: str, factory: str, options: Mapping[str, Any] | None = None, size: int = 1) -> Pool:
        """A pool of this process's own, or one that the supervisor lends."""
        if self.link is None:
            return WorkerPool(job, factory, options or {}, size=size)
        return RemotePool(self.link.pools, job, factory, options or {}, size)

    def status(self) -> dict[str, Any]:
        """What `/healthz` says."""
        return {
            "instance": self.state.instance,
            "version": version("privet"),
            "pid": os.getpid(),
            "policy": {"id": self.policy.id, "revision": self.policy.revision, "mode": self.policy.mode.value},
            "data": self.own.status(),
            "workers": by_job(self.pools),
            "chat": {model: _cost(pool.info) for model, pool in (self.answerer.pools if self.answerer else {}).items()},
            "models": self.answerer.status() if self.answerer is not None else {},
            "watched": watch_status(self.pipeline),
            **self.addresses,
        }

    def missing(self) -> list[str]:
        """What stands in the way of serving; empty when ready."""
        for job, told in by_job(self.pools).items():
            self.metrics.workers.labels(job).set(told["alive"])
            self.metrics.restarts.labels(job).set(told["restarts"])
        missing = [f"no {pool.job} worker is up" for pool in self.pools if not pool.alive]
        if self.store is None or not self.store.healthy():
            missing.append("the audit log can't be written")
        missing += self.own.missing()
        if not self.serving:
            missing.append("not listening yet")
        return missing


async def serve(
    settings: Settings, announce: Callable[[str], None], source: Source | None = None, link: Link | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. At start: `ConfigurationError`, `StateError`, `AuditError`, `SourceError`."""
    if clashes := clashing_packages():
        raise ConfigurationError("; ".join(clashes))
    state = StatePaths(settings.state_dir)
    make_private_dir(state.root)
    own = OwnData.open(settings)
    head = OwnHead.open(settings)
    policy = load_policy(settings.policy, settings.hosts, own.types, head.labels)
    ensure_authority(state)
    ensure_bundle(state)
    token_key, fingerprint_key = load_or_make_key(state.token_key), load_or_make_key(state.fingerprint_key)
    credentials = Credentials.load(settings.identity.users_file) if settings.identity.users_file else None
    if settings.upstream.ca_file is not None and not settings.upstream.ca_file.is_file():
        raise ConfigurationError(f"{settings.upstream.ca_file}: upstream.ca_file does not exist")
    privet = Privet(
        settings=settings,
        state=state,
        policy=policy,
        own=own,
        head=head,
        link=link,
        source=source,
        _policy_stamp=_stamp(policy, settings.policy),
    )
    async with AsyncExitStack() as stack:
        privet.store = AuditStore.open(
            settings.audit.database,
            state=state,
            origin=f"privet/{state.instance}",
            commit_timeout=settings.audit.commit_timeout,
            checkpoint_every=settings.audit.checkpoint_every,
            checkpoint_seconds=settings.audit.checkpoint_seconds,
        )
        stack.callback(privet.store.close)
        ledger = _open_ledger(state, fingerprint_key)
        stack.callback(ledger.close)
        vault = _open_vault(settings, state)
        if vault is not None:
            stack.callback(vault.close)
        record = Record(privet.store, fingerprint_key, settings.audit.commit_timeout)
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        options = {"own": own.place.to_plain()}
        detection = privet.pool("detection", DETECTION, options, size=settings.detection.workers)
        privet.inspector = PoolInspector(
            settings=settings,
            detection=detection,
            documents=None,
            cache=ScanCache(settings.detection.cache_entries),
            own=own.library.revision,
            head=head.revision,
        )
        privet.answerer = Answerer(
            pools={},
            session=session,
            deadline=_CHAT_DEADLINE,
            api_keys=_api_keys(policy),
            observe=privet.metrics.of_model,
        )
        stack.push_async_callback(_close_pools, privet)
        local = LocalServer(
            inspector=privet.inspector,
            answerer=privet.answerer,
            metrics=privet.metrics,
            status=privet.status,
            ready=privet.missing,
            labelling=lambda: bool(privet.inspector and (privet.inspector.documents or privet.inspector.sentences)),
        )
        announce("starting the detection models …")
        privet.files = opener(settings, privet.pool)
        opening = [privet.files.pool.start()] if privet.files else []
        await asyncio.gather(detection.start(), *opening, _prepare(privet, policy))
        if failed := await failures(privet.inspector):
            raise ConfigurationError("; ".join(["the self-test failed", *failed]))
        privet.pipeline = Pipeline(
            settings=settings,
            policy=policy,
            inspector=privet.inspector,
            recorder=record,
            token_key=token_key,
            vault=vault,
            files=privet.files,
            signer=aws_signer(settings.upstream.aws_sign),
            ledger=ledger,
            tariff=Tariff(settings.costs),
            router=privet.router,
            doer=watched(privet, record),
            others=Alone() if link is None else link.shares,
        )
        local.justify = Justify(ledger, record, privet.pipeline)
        api_at = parse_address(settings.listen.api if link is None else "127.0.0.1:0")
        api_port = await _listen(stack, local.public(), *api_at)
        inner_port = await _listen(stack, local.inner(), "127.0.0.1", 0)
        addon = PrivetAddon(
            settings=settings,
            pipeline=privet.pipeline,
            record=record,
            local=local,
            metrics=privet.metrics,
            credentials=credentials,
            api_port=api_port if link is None else lambda: parse_address(link.api)[1],
            inner_port=inner_port,
            gateway_bases=gateway_bases(settings.upstream.gateway),
            on_running=lambda: _ready(privet, server, record, f"{api_at[0]}:{api_port()}", announce),
        )
        server = MitmServer(settings, state.ca_dir, addon, share_ports=link is not None)
        # What was loaded until here stays. To walk over it in search of garbage takes a tenth of a second, in which
        # every request waits.
        gc.collect()
        gc.freeze()
        stack.callback(gc.unfreeze)
        await _serve_until_told(privet, server, addon, record)


def _open_ledger(state: StatePaths, key: bytes) -> Ledger:
    try:
        return Ledger(state.ledger, key)
    except LedgerError as error:
        message = f"{error}. Move the file away: budgets begin anew, and reasons have to be given again."
        raise ConfigurationError(message) from None


def _open_vault(settings: Settings, state: StatePaths) -> Vault | None:
    if not settings.tokens.vault:
        return None
    key = load_or_make_key(state.vault_key)
    try:
        return Vault(state.vault, key, settings.tokens.vault_days, settings.tokens.vault_entries)
    except VaultError as error:
        raise ConfigurationError(f"{error}. Move the file away, or set tokens.vault to false.") from None


async def _serve_until_told(privet: Privet, server: MitmServer, addon: PrivetAddon, record: Record) -> None:
    loop = asyncio.get_running_loop()
    stop, reload_now = asyncio.Event(), asyncio.Event()

    def told() -> None:
        if stop.is_set():
            server.shutdown()  # told twice: at once
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    loop.add_signal_handler(signal.SIGHUP, reload_now.set)
    tasks = [
        loop.create_task(_watch(privet, server, addon, record, reload_now)),
        loop.create_task(_drain(privet, server, addon, stop)),
        *([loop.create_task(privet.answerer.watch())] if privet.answerer is not None else []),
    ]
    if privet.link is not None:
        tasks.append(loop.create_task(_follow_supervisor(privet.link, server)))
    try:
        await server.run()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        record.notice("stopped", privet.policy)


async def _drain(privet: Privet, server: MitmServer, addon: PrivetAddon, stop: asyncio.Event) -> None:
    """Once told to stop: accept no more, let what runs finish, cut off what doesn't in time, then end."""
    await stop.wait()
    privet.serving = False
    try:
        addon.draining = True
        await server.drain(addon.busy())
        await _until(lambda: not addon.busy(), privet.settings.drain)
        if addon.busy():
            log.warning("%d requests still ran after %g s and are cut off", len(addon.busy()), privet.settings.drain)
            addon.cut_off()
            await _until(lambda: not addon.busy(), _LAST_WORDS)
    finally:
        server.shutdown()


async def _until(done: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not done() and loop.time() < deadline:  # noqa: ASYNC110 - flows end in mitmproxy's tasks, which tell nobody
        await asyncio.sleep(_DRAIN_POLL)


async def _follow_supervisor(link: Link, server: MitmServer) -> None:
    """Without its supervisor a process has no detection: it ends."""
    await link.orphaned.wait()
    log.error("the supervisor is gone, so this process ends")
    server.shutdown()


async def _listen(stack: AsyncExitStack, app: web.Application, host: str, port: int) -> Callable[[], int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError(f"listen.api {host}:{port}: {error.strerror}. Is another Privet running?") from None
    bound = int(runner.addresses[0][1])
    return lambda: bound


def _ready(privet: Privet, server: MitmServer, record: Record, api: str, announce: Callable[[str], None]) -> None:
    privet.addresses.update(server.addresses())
    privet.addresses["api"] = api
    record.notice("started", privet.policy)
    privet.serving = True
    log.info("serving, policy %s revision %s", privet.policy.id, privet.policy.revision[:12])
    if privet.link is not None:
        privet.link.ready(privet.addresses)
        return
    write_serving(privet.state, privet.addresses)
    announce(ready_text(privet.addresses, privet.policy))


def ready_text(addresses: Mapping[str, str], policy: Policy) -> str:
    """What the person who started Privet wants to know."""
    return (
        f"ready. Proxy http://{addresses['proxy']}, gateway http://{addresses['gateway']}, "
        f"API http://{addresses['api']}; policy {policy.id} ({policy.mode.value})."
    )


def write_serving(state: StatePaths, addresses: Mapping[str, str]) -> None:
    """Write down how this Privet is reached."""
    temporary = state.serving.with_suffix(f".{secrets.token_hex(4)}")
    temporary.write_text(json.dumps({"pid": os.getpid(), **addresses}), encoding="utf-8")
    temporary.replace(state.serving)


def _reread(privet: Privet, server: MitmServer, addon: PrivetAddon) -> None:
    """Take over the settings that may change while serving; say which would need a restart, or what is wrong."""
    if privet.source is None or privet.pipeline is None or privet.inspector is None:
        return
    try:
        settings, kept = taken_over(privet.settings, privet.source.read())
    except SourceError as error:
        log.error("the changed settings are not used, the old ones stay: %s", error)  # noqa: TRY400
        return
    privet.settings = privet.pipeline.settings = privet.inspector.settings = addon.settings = settings
    server.take_over(settings)
    log.info("the settings are taken over%s", f"; these need a restart: {', '.join(kept)}" if kept else "")


async def _watch(
    privet: Privet, server: MitmServer, addon: PrivetAddon, record: Record, reload_now: asyncio.Event
) -> None:
    """Take over a changed policy; keep the old one, and say so, if the new one can't be used. SIGHUP: settings too."""
    path = privet.settings.policy
    while True:
        try:
            async with asyncio.timeout(_POLICY_POLL):
                await reload_now.wait()
        except TimeoutError:
            same = _stamp(privet.policy, path) == privet._policy_stamp  # noqa: SLF001
            if same and not privet.own.changed() and not privet.head.changed():
                continue
        if reload_now.is_set():
            _reread(privet, server, addon)
        reload_now.clear()
        privet._policy_stamp = _stamp(privet.policy, path)  # noqa: SLF001
        library, head = privet.own.library, privet.head
        try:
            library, head = await privet.own.latest(), await privet.head.latest(privet.settings)
            policy = await asyncio.to_thread(load_policy, path, privet.settings.hosts, library.types, head.labels)
            await _prepare(privet, policy)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old one stays, and the next is read
            privet.metrics.reloads.labels("refused").inc()
            record.notice("policy_refused", privet.policy)
            why = error if isinstance(error, SourceError | WorkerError) else type(error).__name__
            log.error("the changed policy is not used, the old one stays: %s", why)  # noqa: TRY400
            if library is not privet.own.library:
                privet.own.problem = "the policy can't be used with it"
            continue
        if head is not privet.head and privet.inspector is not None:
            privet.head, privet.inspector.head = head, head.revision
            log.info("the head %s is in force", head.revision)
        if library is not privet.own.library and privet.inspector is not None:
            privet.own.take(library)
            privet.inspector.take(library.revision)
        if privet.pipeline is None or policy.revision == privet.policy.revision:
            continue
        privet.policy = privet.pipeline.policy = policy
        privet._policy_stamp = _stamp(policy, path)  # noqa: SLF001
        privet.metrics.reloads.labels("taken").inc()
        record.notice("policy_loaded", policy)
        log.info("policy %s revision %s is in force", policy.id, policy.revision[:12])


async def _prepare(privet: Privet, policy: Policy) -> None:
    """Start the workers that a policy needs and that aren't there yet. Raises `WorkerError`."""
    inspector, answerer = privet.inspector, privet.answerer
    if inspector is None or answerer is None:
        return
    await start_labelling(inspector, policy.labels_used(), privet.head, privet.pool)
    privet.router = await start_models(policy, privet.settings.tasks.directory, answerer, privet.pool, privet.router)
    if privet.pipeline is not None:
        privet.pipeline.router = privet.router
    answerer.api_keys = _api_keys(policy)
    answerer.follow(policy.models.values())


def _api_keys(policy: Policy) -> dict[str, str]:
    return {
        name: os.environ[target.api_key_env]
        for name, target in policy.models.items()
        if target.api_key_env and target.api_key_env in os.environ
    }


def _cost(info: Any) -> dict[str, Any]:
    """What a model's worker says it took to be ready: seconds and bytes."""
    return {key: info.get(key) for key in ("seconds", "memory")} if isinstance(info, dict) else {}


async def _close_pools(privet: Privet) -> None:
    await asyncio.gather(*(pool.close() for pool in privet.pools))


def _stamp(policy: Policy, path: Path) -> tuple[tuple[str, int, int], ...]:
    """When and how large the policy's files are."""
    stamps = []
    for file in dict.fromkeys([path, *policy.files]):
        try:
            stat = file.stat()
            stamps.append((str(file), stat.st_mtime_ns, stat.st_size))
        except OSError:
            stamps.append((str(file), 0, -1))
    return tuple(stamps)
