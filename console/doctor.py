"""What `privet doctor` looks at: one function for each thing that can be wrong, each answering with what to do.

Nothing here changes anything: no key is made, no database, no model.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from configs.packages import clashing_packages
from configs.settings import Settings
from configs.state import KEY_BYTES, StateError, StatePaths, check_secret
from configs.yaml_source import SourceError
from console.instance import InstanceError, find_running, taken_addresses

BUILT = datetime(2026, 11, 1, tzinfo=UTC)  # a clock that shows less is wrong: this version didn't exist then
QUICK_BYTES = 64_000_000  # a log up to this size is verified on the spot, in a second or two
_LOCK_SECONDS = 5.0


class Status(StrEnum):
    """How a check came out; `fail` means that Privet can't serve, or can't be trusted as it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    status: Status
    detail: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined, and when."""

    settings: Settings
    now: datetime

    @property
    def paths(self) -> StatePaths:
        return StatePaths(self.settings.state_dir)


def examine(subject: Subject) -> Iterator[Check]:
    """Every check, in the order in which a person would put things right."""
    for name, check in CHECKS.items():
        try:
            yield from check(subject)
        except ImportError as error:
            # A broken installation is one of the things to be found, not a reason to stop looking.
            yield _fail(name, f"the module {error.name} can't be imported", "Install again: make setup")
        except (OSError, StateError) as error:
            # Somebody else's files: each check that needs them says so, and the others are still made.
            about = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else _split(error)[0]
            yield _fail(name, about, "Ask as the user that Privet runs as.")


def _ok(name: str, detail: str) -> Check:
    return Check(name, Status.OK, detail)


def _warn(name: str, detail: str, todo: str) -> Check:
    return Check(name, Status.WARN, detail, todo)


def _fail(name: str, detail: str, todo: str) -> Check:
    return Check(name, Status.FAIL, detail, todo)


def _split(error: object) -> tuple[str, str]:
    """An error's message as what is wrong and what to do: the first sentence, and the rest."""
    problem, _, todo = str(error).partition(". ")
    return problem.rstrip("."), todo


def check_packages(_subject: Subject) -> Iterator[Check]:
    """No other distribution owns one of our import names."""
    clashes = clashing_packages()
    for clash in clashes:
        yield _fail("packages", *_split(clash))
    if not clashes:
        yield _ok("packages", "no other distribution installs packages of the same names")


def check_clock(subject: Subject) -> Iterator[Check]:
    """Certificates and the log need the right time."""
    now = f"{subject.now:%Y-%m-%d %H:%M} UTC"
    todo = "Set the clock (timedatectl set-ntp true): certificates and the audit log depend on it."
    if subject.now < BUILT:
        yield _fail("clock", f"it shows {now}, before this version was made", todo)
        return
    newest = _newest_record(subject)
    if newest is not None and newest > subject.now:
        yield _fail("clock", f"it shows {now}, but the newest audit record is of {newest:%Y-%m-%d %H:%M} UTC", todo)
    else:
        yield _ok("clock", now)


def check_state(subject: Subject) -> Iterator[Check]:
    """The keys are there and nobody else can read them."""
    paths = subject.paths
    if not paths.root.is_dir():
        yield _warn("state", f"{paths.root} is not there yet", "It is made at first start, or now with: privet init")
        return
    mode = stat.S_IMODE(paths.root.stat().st_mode)
    if mode & 0o077:
        yield _fail("state", f"{paths.root}: others may enter it (mode {mode:o})", f"chmod 700 {paths.root}")
    else:
        yield _ok("state", f"{paths.root}, only its owner may enter")
    for path in (paths.token_key, paths.fingerprint_key, paths.audit_key):
        yield _key(path, KEY_BYTES)


def _key(path: Path, least: int) -> Check:
    if not path.exists():
        return _warn("keys", f"{path.name} is not there yet", "It is made at first start, or now with: privet init")
    try:
        check_secret(path)
        size = path.stat().st_size
    except StateError as error:
        return _fail("keys", f"{path.name}: others may read it", str(error).rpartition("Do: ")[2])
    except OSError as error:
        return _fail("keys", f"{path.name}: {error.strerror}", "Give Privet's user access to it.")
    if size < least:
        return _fail("keys", f"{path.name}: expected {least} bytes or more, got {size}", "Restore it from a backup.")
    return _ok("keys", f"{path.name}, only its owner may read it")


def check_authority(subject: Subject) -> Iterator[Check]:
    """The certificate authority can sign, and clients will accept what it signs."""
    from proxy.authority import read_authority  # noqa: PLC0415 - heavy imports wait for the check

    if not subject.paths.ca_key.exists():
        yield _warn("authority", "there is none yet", "It is made at first start, or now with: privet init")
        return
    try:
        authority = read_authority(subject.paths, subject.now)
    except StateError as error:
        yield _fail("authority", *_split(error))
        return
    until = f"{authority.subject}, until {authority.not_after:%Y-%m-%d}"
    if authority.expires_soon(subject.now):
        todo = f"Plan the change: move {subject.paths.ca_dir} away, start again, and have clients trust the new one."
        yield _warn("authority", until, todo)
    else:
        yield _ok("authority", until)


def check_listeners(subject: Subject) -> Iterator[Check]:
    """The addresses are free, or held by the Privet of this state directory."""
    try:
        running = find_running(subject.settings)
    except InstanceError as error:
        yield _fail("listeners", *_split(error))
        return
    if running is not None:
        yield _ok("listeners", f"Privet {running.version} serves (process {running.pid}, proxy {running.proxy})")
        return
    taken = taken_addresses(subject.settings)
    for name, address in taken:
        todo = f"Stop that program (ss -ltnp shows it), or set {name} to another port."
        yield _fail("listeners", f"{name} {address} is held by another program, or isn't an address of this host", todo)
    if not taken:
        listen = subject.settings.listen
        yield _ok("listeners", f"{listen.proxy}, {listen.gateway} and {listen.api} are free; nothing serves at present")


def check_detection(_subject: Subject) -> Iterator[Check]:
    """The models that find names are the ones that were measured."""
    from detectors.errors import DetectorError  # noqa: PLC0415
    from detectors.weights import RAMPART, TAGGER, verified_card, verified_folder  # noqa: PLC0415

    try:
        verified_folder(RAMPART)
        card = verified_card(TAGGER)
    except DetectorError as error:
        yield _fail("detection", *_split(error))
    else:
        yield _ok("detection", f"{RAMPART.distribution}: {len(RAMPART.files)} files as pinned")
        yield _ok("detection", f"Privet's own tagger: {len(card['files'])} files as pinned")


def check_content(subject: Subject) -> Iterator[Check]:
    """Pictures can be read, in the languages that are asked for."""
    from proxy.content.ocr import languages, tesseract  # noqa: PLC0415

    content = subject.settings.content
    if not content.enabled:
        yield _warn("content", "files are not opened, so that each is uninspected", "Set content.enabled: true")
        return
    if tesseract() is None:
        detail = "tesseract is not installed: pictures and scanned pages are uninspected"
        yield _warn("content", detail, "apt-get install tesseract-ocr (macOS: brew install tesseract)")
        return
    missing = sorted(set(content.ocr_languages) - languages())
    if missing:
        packages = " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in missing)
        yield _warn(
            "content", f"tesseract lacks {', '.join(missing)}: no picture can be read", f"apt-get install {packages}"
        )
    else:
        yield _ok("content", f"documents, archives and pictures ({', '.join(content.ocr_languages)}) can be read")


def check_models(_subject: Subject) -> Iterator[Check]:
    """The language model's files are the pinned ones."""
    from local_models.catalog import catalog, location_of, verified  # noqa: PLC0415
    from local_models.errors import LocalModelError  # noqa: PLC0415

    try:
        every = catalog()
    except LocalModelError as error:
        yield _fail("models", *_split(error))
        return
    for spec in every:
        try:
            path = location_of(spec)
            if spec.derived_from is not None and not path.exists():
                yield _warn("models", f"{spec.name} is not made yet", "Make it with: privet models prepare")
                continue
            verified(spec, path)
        except LocalModelError as error:
            yield _fail("models", *_split(error))
        else:
            yield _ok("models", f"{spec.name}: sha256 as pinned")


def check_data(subject: Subject) -> Iterator[Check]:
    """The company's own data can be used, every byte of it."""
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_data import OwnData  # noqa: PLC0415

    try:
        library = OwnData.open(subject.settings).library
    except ConfigurationError as error:
        yield _fail("data", *_split(error))
        return
    for name, told in library.facts()["sets"].items():
        amount = ", ".join(f"{value} {key}" for key, value in told.items() if key != "kind")
        yield _ok("data", f"{name}: {amount}")


def _own_types(subject: Subject) -> tuple[str, ...]:
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_data import OwnData  # noqa: PLC0415

    try:
        return OwnData.open(subject.settings).types
    except ConfigurationError:
        return ()  # `check_data` tells of it


def _own_labels(subject: Subject) -> tuple[str, ...]:
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_head import OwnHead  # noqa: PLC0415

    try:
        return OwnHead.open(subject.settings).labels
    except ConfigurationError:
        return ()  # `check_head` tells of it


def check_head(subject: Subject) -> Iterator[Check]:
    """The company's own head of the document classifier can be used, if there is one."""
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_head import OwnHead  # noqa: PLC0415

    if subject.settings.classifier.head is None:
        return
    try:
        head = OwnHead.open(subject.settings)
    except ConfigurationError as error:
        yield _fail("classifier", str(error), "Train it anew: docs/models.md")
        return
    yield _ok("classifier", f"{head.revision}, labels of the company: {', '.join(head.labels) or 'none'}")


def check_policy(subject: Subject) -> Iterator[Check]:
    """The policy can be loaded, and the settings give it what it needs."""
    from policy.load import load_policy  # noqa: PLC0415

    try:
        policy = load_policy(subject.settings.policy, subject.settings.hosts, _own_types(subject), _own_labels(subject))
    except SourceError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        check = f"See all with: privet policy check {subject.settings.policy}"
        yield _fail("policy", f"{error.problems[0]}{more}", check)
        return
    if policy.labels_used() and not subject.settings.classifier.enabled:
        yield _fail("policy", "it names labels, but classifier.enabled is false", "Set it to true.")
        return
    mode = policy.mode.value
    yield _ok("policy", f"{policy.id}, revision {policy.revision[:12]}, mode {mode}")
    for name, model in policy.models.items():
        if model.api_key_env and model.api_key_env not in os.environ:
            todo = f"Set it where Privet runs, or requests that are rerouted to {name} fail."
            yield _warn("policy", f"model {name}: the variable {model.api_key_env} is not set here", todo)
    if mode == "monitor":
        yield _warn(
            "policy", "mode monitor: everything is let through as it is", "Set mode: enforce when you are ready."
        )


def check_users(subject: Subject) -> Iterator[Check]:
    """The file of users, if there is one, can be read."""
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.identity import Credentials  # noqa: PLC0415

    path = subject.settings.identity.users_file
    if path is None:
        return
    try:
        Credentials.load(path)
    except (ConfigurationError, UnicodeError) as error:
        detail = str(error) if isinstance(error, ConfigurationError) else f"{path}: not UTF-8 text"
        yield _fail("users", detail, f"Write it with: htpasswd -B {path} USER")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o007:
        yield _warn("users", f"{path}: everybody may read its hashes (mode {mode:o})", f"chmod o= {path}")
    else:
        yield _ok("users", str(path))


def check_upstream(subject: Subject) -> Iterator[Check]:
    """The authorities that vendors' certificates may come from can be read, if the settings name some."""
    from cryptography import x509  # noqa: PLC0415

    path = subject.settings.upstream.ca_file
    if path is None:
        return
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        yield _fail(
            "upstream", f"upstream.ca_file {path}: {error.strerror}", "Name a PEM file that Privet's user can read."
        )
    except ValueError:
        yield _fail("upstream", f"upstream.ca_file {path}: no certificates in PEM", "Name a PEM file of certificates.")
    else:
        yield _ok("upstream", f"upstream.ca_file {path}: {len(found)} certificates")


def check_database(subject: Subject) -> Iterator[Check]:
    """The audit log can be written, and what it holds is whole."""
    from audit.errors import AuditError  # noqa: PLC0415
    from audit.store import database_path  # noqa: PLC0415

    try:
        path = database_path(subject.settings.audit.database)
    except AuditError as error:
        yield _fail("audit", *_split(error))
        return
    if not path.exists():
        if subject.paths.checkpoints.exists():
            yield _fail(
                "audit",
                f"{path} is gone, though {subject.paths.checkpoints} says that there was a log",
                "Restore it from a backup; see docs/audit.md.",
            )
        else:
            yield _unmade(path)
        return
    try:
        _lock(path)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        yield _fail(
            "audit", f"{path} can't be written ({name})", "Requests are refused until it can. See its permissions."
        )
        return
    yield _ok("audit", f"{path} can be written")
    yield _verified(subject, path)


def _unmade(path: Path) -> Check:
    directory = path.parent
    if not directory.is_dir():
        return _fail("audit", f"{directory}: no such directory", f"mkdir -p {directory}")
    if not _may_write(directory):
        return _fail("audit", f"{directory}: Privet's user may not write there", "Change audit.database, or the owner.")
    return _ok("audit", f"{path} is made at first start")


def _may_write(directory: Path) -> bool:

    return os.access(directory, os.W_OK | os.X_OK)


def _lock(path: Path) -> None:
    """Take and release the lock that a writer needs. Raises `sqlite3.Error`."""
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_LOCK_SECONDS)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def _verified(subject: Subject, path: Path) -> Check:
    from audit.checkpoint import load_public_key  # noqa: PLC0415
    from audit.errors import AuditError  # noqa: PLC0415
    from audit.verify import verify  # noqa: PLC0415

    size = path.stat().st_size
    if size > QUICK_BYTES:
        return _ok("audit", f"{size // 1_000_000} MB: not verified here, which `privet audit verify` does")
    try:
        result = verify(path, subject.paths.checkpoints, load_public_key(subject.paths.audit_public_key))
    except AuditError as error:
        return _fail("audit", *_split(error))
    if not result.ok:
        return _fail("audit", f"the log was changed: {result.problems[0]}", "See all with: privet audit verify")
    return _ok("audit", f"{result.records} records, whole")


def _newest_record(subject: Subject) -> datetime | None:
    """When the newest record was written; None if there is none or it can't be read (another check says so)."""
    from audit.errors import AuditError  # noqa: PLC0415
    from audit.store import AuditReader, Filters  # noqa: PLC0415

    try:
        with AuditReader(subject.settings.audit.database) as reader:
            newest = reader.search(Filters(), limit=1)
        return datetime.fromisoformat(newest[0].time) if newest else None
    except (AuditError, ValueError):
        return None


CHECKS: dict[str, Callable[[Subject], Iterable[Check]]] = {
    "packages": check_packages,
    "clock": check_clock,
    "state": check_state,
    "authority": check_authority,
    "listeners": check_listeners,
    "data": check_data,
    "classifier": check_head,
    "policy": check_policy,
    "users": check_users,
    "upstream": check_upstream,
    "detection": check_detection,
    "content": check_content,
    "models": check_models,
    "audit": check_database,
}


def as_json(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """The report for programs."""
    return [
        {"name": check.name, "status": check.status.value, "detail": check.detail, "todo": check.todo}
        for check in checks
    ]
