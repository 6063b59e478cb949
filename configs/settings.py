"""Typed settings: `privet.yaml`, `--set key.path=value` over it, defaults under it.

Paths in the file are relative to the file. An unknown key, a wrong type or a value that can't be honoured is an error
with file, line and column (`configs.yaml_source.SourceError`), never a warning.
"""

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from configs.hosts import HostEntry, HostTable, host_table
from configs.yaml_source import KeyPath, Problem, SourceError, YamlSource, load_yaml, parse_yaml

_MOST_USD = 1_000_000_000  # of a price: with an infinite one nothing could be counted
_ADDRESS = re.compile(r"^(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+):(?P<port>\d{1,5})$")


def parse_address(text: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port` → host and port. Port 0 lets the system choose. Raises ValueError."""
    match = _ADDRESS.match(text)
    if not match or int(match["port"]) > 65535:
        raise ValueError(f"expected host:port, such as 127.0.0.1:8080, got {text!r}")
    return match["host"].strip("[]"), int(match["port"])


def _address(text: str) -> str:
    parse_address(text)
    return text


def _network(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _base_url(text: str) -> str:
    if not re.match(r"^https?://[^/\s]+(/\S*)?$", text):
        raise ValueError(f"expected an http(s) URL, got {text!r}")
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
Network = Annotated[str, AfterValidator(_network)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]


class Section(BaseModel):
    """A part of the settings; unknown keys are errors, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListenSettings(Section):
    """Where Privet listens."""

    proxy: Address = Field("127.0.0.1:8080", description="explicit proxy (CONNECT) for HTTPS_PROXY and PAC files")
    gateway: Address = Field("127.0.0.1:8081", description="gateway for clients that take a base URL")
    http2: bool = Field(
        False, description="offer HTTP/2 to clients: costs twice the processor time where the vendor speaks HTTP/1.1"
    )
    api: Address = Field("127.0.0.1:8082", description="local API: /scan, /healthz, /readyz, /metrics")


class UpstreamSettings(Section):
    """How the vendors are reached."""

    hosts: dict[str, Address] = Field(
        default_factory=dict,
        description="connect there instead of the host's own address; name and certificate checks stay",
    )
    ca_file: Path | None = Field(
        None, description="PEM file of the authorities that vendors' certificates may come from"
    )
    gateway: dict[str, BaseUrl] = Field(
        default_factory=dict, description="base URL per route of the gateway (openai, anthropic, …: docs/clients.md)"
    )
    aws_sign: str | None = Field(
        None,
        min_length=1,
        description="AWS profile (or `environment`) that signs Bedrock requests again which Privet changed; without it "
        "they are refused",
    )
    timeout: int = Field(600, ge=1, description="seconds without a byte, either way, until a connection is given up")


class AuditSettings(Section):
    """Where the audit log is kept."""

    database: str = Field(
        "sqlite:///audit.db", description="SQLAlchemy URL; a relative SQLite path is relative to the file"
    )
    commit_timeout: float = Field(
        2.0, gt=0, description="seconds until a record that isn't durable refuses its request"
    )
    checkpoint_every: int = Field(1000, ge=1, description="records between two signed checkpoints")
    checkpoint_seconds: float = Field(60.0, gt=0, description="seconds between two signed checkpoints, idle or not")


class IdentitySettings(Section):
    """How Privet learns who is asking."""

    users_file: Path | None = Field(
        None,
        description="htpasswd file (bcrypt) that proxy credentials are checked against; without it they name nobody",
    )
    header: str = Field("x-privet-user", description="header in which a trusted gateway client names its user")
    department_header: str = Field("x-privet-department", description="header in which it names the user's department")
    trusted_clients: list[Network] = Field(
        default_factory=list, description="networks of the gateway clients whose identity headers are believed"
    )


class DetectionSettings(Section):
    """How requests are inspected."""

    workers: int = Field(1, ge=1, le=64, description="detection processes")
    deadline: float = Field(
        20.0, gt=0, description="seconds for one request's detection; past it the rest is uninspected"
    )
    cache_entries: int = Field(20000, ge=0, description="segments whose findings are remembered, by keyed hash")


class ClassifierSettings(Section):
    """The document classifier (SmolLM2's early layers and TF-IDF)."""

    enabled: bool = Field(True, description="label requests; a policy that names labels needs it")
    head: Path | None = Field(
        None, description="directory with a head of the company's own, from `privet models train documents --from`"
    )
    deadline: float = Field(10.0, gt=0, description="seconds for one request's labels; past it they are uninspected")


class DataSettings(Section):
    """The company's own data. Every set that was registered with `privet data add` is looked for."""

    required: list[str] = Field(
        default_factory=list, description="sets that must be there: without one of them Privet doesn't start"
    )
    dictionaries: list[Path] = Field(
        default_factory=list, description="YAML files of the company's own terms and patterns (docs/own-data.md)"
    )


class ContentSettings(Section):
    """How files in requests are opened: documents, archives, pictures. What is past a limit is uninspected."""

    enabled: bool = Field(True, description="open files; if not, every file is uninspected")
    workers: int = Field(1, ge=1, le=64, description="processes that open files")
    deadline: float = Field(
        60.0, gt=0, description="seconds for one file, waiting for a process included; a scanned page takes one or two"
    )
    memory_bytes: int = Field(
        1_500_000_000, ge=100_000_000, description="memory that a file may take, so that no file takes the machine's"
    )
    expanded_bytes: int = Field(
        100_000_000, ge=1_000_000, description="most bytes that a file may unpack to: archives, office files, streams"
    )
    members: int = Field(1_000, ge=1, description="most files within a file, at all depths")
    depth: int = Field(4, ge=1, le=16, description="deepest nesting of files within files")
    characters: int = Field(1_000_000, ge=1_000, description="most text in one file, since all of it is inspected")
    pixels: int = Field(40_000_000, ge=10_000, description="largest picture, since it is unpacked in memory")
    pictures: int = Field(20, ge=1, description="most pictures and scanned pages in one file, since reading is slow")
    ocr_languages: list[str] = Field(
        default_factory=lambda: ["eng"],
        description="languages of text in pictures, as tesseract names them; each is a Debian package",
    )
    cache_characters: int = Field(
        20_000_000, ge=0, description="text of files that is remembered, by keyed hash: files come again each turn"
    )


class LimitSettings(Section):
    """What a request may cost. Each refusal says which limit it met."""

    body_bytes: int = Field(20_000_000, ge=1024, description="largest request body, decompressed")
    nesting: int = Field(64, ge=4, le=400, description="deepest nesting of JSON")
    segments: int = Field(20_000, ge=1, description="most strings in one body")
    concurrent: int = Field(64, ge=1, description="requests inspected at a time; more are refused with 503")
    inflight_bytes: int = Field(
        512_000_000, ge=1024, description="bytes of bodies held at a time, over all requests; more are refused with 503"
    )
    headers: int = Field(200, ge=10, description="most headers of a request (431)")
    header_bytes: int = Field(64_000, ge=1024, description="most bytes of a request's headers (431)")
    connections: int = Field(2000, ge=1, description="client connections; on more, requests are refused with 503")
    connections_per_client: int = Field(500, ge=1, description="client connections from one address, likewise")
    new_connections_per_client: int = Field(
        1000,
        ge=1,
        description="connections that one address opens in ten seconds; each costs a handshake (429)",
    )


class WebSocketSettings(Section):
    """WebSockets to LLM hosts (realtime APIs)."""

    enabled: bool = Field(True, description="judge their messages one by one; false refuses them")


class TokenSettings(Section):
    """The tokens that stand for redacted values."""

    scope: str = Field(
        "department",
        pattern="^(tenant|department|user)$",
        description="who shares a value's token: everyone, a department, or each user alone",
    )
    vault: bool = Field(
        True,
        description="keep tokens encrypted in `state_dir`, for replies from what a vendor stores and for quoted tokens",
    )
    vault_for: str = Field(
        "person",
        pattern="^(person|scope)$",
        description="who gets a kept value back: the person who sent it, or everyone who shares its token",
    )
    vault_days: int = Field(30, ge=1, le=3650, description="days that a token is kept after it was last made")
    vault_entries: int = Field(1_000_000, ge=1000, description="most tokens that are kept; the oldest go first")


class ModelPrice(Section):
    """What a model costs the company: USD for a million tokens."""

    model: str = Field(min_length=1, description="the model's name, as requests have it; `*` and `?` stand for others")
    provider: str = Field("*", description="the provider, likewise")
    input: float = Field(ge=0, le=_MOST_USD, description="input")
    output: float = Field(0, ge=0, le=_MOST_USD, description="output")
    cache_read: float | None = Field(
        None, ge=0, le=_MOST_USD, description="input read from the vendor's cache; else as other input"
    )
    cache_write: float | None = Field(None, ge=0, le=_MOST_USD, description="input written to it; else as other input")
    tier: str | None = Field(None, description="the tier that the vendor served it in, such as batch; else any")


class PriceDiscount(Section):
    """What a company pays less than the public list says."""

    percent: float = Field(ge=-1000, le=100, description="percent less; a negative number is more")
    provider: str = Field("*", description="the provider; `*` and `?` stand for others")
    model: str = Field("*", description="the model, likewise")
    tier: str | None = Field(None, description="the tier, such as priority; else any")


class CostSettings(Section):
    """What `privet report costs`, budgets of USD and the metrics count with."""

    inside_hour: float = Field(
        0.0, ge=0, le=_MOST_USD, description="USD for an hour in which a model inside works on one request"
    )
    prices: list[ModelPrice] = Field(
        default_factory=list,
        description="the company's own prices, the first that fits; other models have the public list's",
    )
    discounts: list[PriceDiscount] = Field(
        default_factory=list, description="what is paid less than the public list says; all that fit"
    )
    metrics: bool = Field(
        False, description="count USD in `/metrics`, too; the price list takes some 15 MB of each serving process"
    )


class ReplySettings(Section):
    """How streamed replies are held back, where the policy speaks of replies."""

    hold_characters: int = Field(
        1000,
        ge=50,
        le=100_000,
        description="characters of a stream that wait to be inspected; a value longer than half of it may be missed",
    )
    hold_seconds: float = Field(
        2.0, gt=0, le=60, description="seconds after which what waits is inspected as it stands, and goes on"
    )


class TaskSettings(Section):
    """The named tasks (docs/tasks.md)."""

    directory: Path | None = Field(
        None, description="the company's own tasks, a folder each, beside those that come with Privet"
    )
    watch: float = Field(
        0.02,
        ge=0,
        le=1,
        description="share of a task's answers that the next larger model inside gives, too, to compare",
    )
    agreement: float = Field(
        0.9, ge=0, le=1, description="share in which both must agree; a model that is shown to be below is turned off"
    )


class Settings(Section):
    """Everything that `privet.yaml` may hold."""

    workers: int = Field(
        1, ge=1, le=64, description="serving processes that share the ports; detection and models are shared by all"
    )
    drain: float = Field(
        15.0, ge=0, le=3600, description="seconds that running requests and streams get to finish at a stop"
    )
    listen: ListenSettings = Field(default_factory=ListenSettings)
    upstream: UpstreamSettings = Field(default_factory=UpstreamSettings)
    policy: Path = Field(Path("policy.yaml"), description="the policy file")
    state_dir: Path = Field(
        Path("state"), description="keys, certificate authority and other state; made at first start"
    )
    audit: AuditSettings = Field(default_factory=AuditSettings)
    identity: IdentitySettings = Field(default_factory=IdentitySettings)
    detection: DetectionSettings = Field(default_factory=DetectionSettings)
    data: DataSettings = Field(default_factory=DataSettings)
    classifier: ClassifierSettings = Field(default_factory=ClassifierSettings)
    tasks: TaskSettings = Field(default_factory=TaskSettings)
    content: ContentSettings = Field(default_factory=ContentSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    websocket: WebSocketSettings = Field(default_factory=WebSocketSettings)
    tokens: TokenSettings = Field(default_factory=TokenSettings)
    reply: ReplySettings = Field(default_factory=ReplySettings)
    costs: CostSettings = Field(default_factory=CostSettings)
    intercept: list[str] = Field(
        default_factory=list, description="further hosts to intercept, with the generic dialect (`*.` for subdomains)"
    )
    hosts: list[HostEntry] = Field(
        default_factory=list,
        description="further hosts to intercept, with provider, dialect and region (docs/dialects.md, Hosts)",
    )

    @property
    def host_table(self) -> HostTable:
        """Which hosts are looked into, and what is known of each."""
        return host_table(tuple(self.hosts), tuple(self.intercept))


def load_settings(path: Path, overrides: Sequence[str] = ()) -> Settings:
    """Read the settings file, then apply `key.path=value` overrides. Raises `SourceError`."""
    return settings_from(load_yaml(path), path.resolve().parent, overrides)


def settings_from(source: YamlSource, base: Path, overrides: Sequence[str] = ()) -> Settings:
    """Settings of a parsed file whose relative paths start at `base`. Raises `SourceError`."""
    data = source.data if source.data is not None else {}
    if not isinstance(data, dict):
        raise SourceError([source.problem((), "expected settings (key: value), got something else")])
    overridden: list[KeyPath] = [_override(data, text) for text in overrides]
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SourceError([_problem(source, overridden, item) for item in error.errors(include_url=False)]) from None
    return _resolve(settings, base)


def _override(data: dict[str, Any], text: str) -> KeyPath:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SourceError([Problem("--set", 1, 1, f"expected key.path=value, got {text!r}")])
    path, rest = _split_key(key)
    node = data
    for name in path[:-1]:
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise SourceError([Problem("--set", 1, 1, f"{key}: {name} is not a section")])
        node = child
    node[path[-1]] = parse_yaml(value, "--set").data
    return (*path[:-1], rest)


def _split_key(key: str) -> tuple[list[str], str]:
    """`upstream.hosts.api.openai.com` names one entry of a map: what follows a map's name is one key."""
    for prefix in ("upstream.hosts.", "upstream.gateway."):
        if key.startswith(prefix):
            return [*prefix.rstrip(".").split("."), key[len(prefix) :]], key[len(prefix) :]
    parts = key.split(".")
    return parts, parts[-1]


def _problem(source: YamlSource, overridden: list[KeyPath], item: Any) -> Problem:
    path: KeyPath = tuple(part for part in item["loc"])
    name = ".".join(str(part) for part in path)
    match item["type"]:
        case "extra_forbidden":
            message, of_key = f"{name}: no such setting", True
        case "value_error":
            message, of_key = f"{name}: {item['ctx']['error']}", False
        case _:
            message, of_key = f"{name}: {item['msg'][0].lower()}{item['msg'][1:]}", False
    if any(path[: len(given)] == given for given in overridden):
        return Problem("--set", 1, 1, message)
    return source.problem(path, message, of_key=of_key)


def _resolve(settings: Settings, base: Path) -> Settings:
    def absolute(path: Path | None) -> Path | None:
        return None if path is None else (base / path.expanduser())

    database = settings.audit.database
    prefix = "sqlite:///"
    if database.startswith(prefix) and not database.startswith("sqlite:////") and database != prefix:
        database = f"{prefix}{base / database.removeprefix(prefix)}"
    return settings.model_copy(
        update={
            "policy": absolute(settings.policy),
            "state_dir": absolute(settings.state_dir),
            "upstream": settings.upstream.model_copy(update={"ca_file": absolute(settings.upstream.ca_file)}),
            "classifier": settings.classifier.model_copy(update={"head": absolute(settings.classifier.head)}),
            "identity": settings.identity.model_copy(update={"users_file": absolute(settings.identity.users_file)}),
            "tasks": settings.tasks.model_copy(update={"directory": absolute(settings.tasks.directory)}),
            "data": settings.data.model_copy(
                update={"dictionaries": [base / path.expanduser() for path in settings.data.dictionaries]}
            ),
            "audit": settings.audit.model_copy(update={"database": database}),
        }
    )
