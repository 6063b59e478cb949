"""The hosts that carry LLM traffic: whose they are, how they speak, where they are.

The shipped table is `llm_hosts.yaml` beside this file; the setting `hosts` adds entries of the same shape, which come
first. Privet looks into connections to these hosts alone; all others pass through untouched.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from configs.yaml_source import parse_yaml

Family = Literal["openai", "anthropic", "gemini", "bedrock", "cohere", "ollama", "generic", "opaque"]


def _pattern(text: str) -> str:
    """A host's pattern, or ValueError."""
    name = text.lower().rstrip(".")
    if not re.fullmatch(r"(?:\*\.)?[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*", name) or not re.search(r"[a-z0-9]", name):
        raise ValueError(
            f"expected a host's name (`*.` in front for its subdomains), without port or path, got {text!r}"
        )
    return name


class HostEntry(BaseModel):
    """Some hosts, and what is known of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="whose hosts they are, as policies name it")
    dialect: Family = Field("generic", description="how they speak")
    region: str = Field("", pattern=r"^(?:[a-z]{2})?$", description="jurisdiction: eu, us, uk, …; empty if not known")
    hosts: tuple[Annotated[str, AfterValidator(_pattern)], ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, eq=False)  # looked up in caches by identity
class HostTable:
    """The shipped table with a user's own entries before it, and further hosts of which nothing else is known."""

    own: tuple[HostEntry, ...] = ()
    further: tuple[str, ...] = ()
    _compiled: tuple[tuple[re.Pattern[str], HostEntry | None], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the patterns, the more telling ones first."""
        entries: list[tuple[str, HostEntry | None]] = []
        for group in (self.own, _shipped()[1]):
            pairs = [(pattern, entry) for entry in group for pattern in entry.hosts]
            entries += sorted(pairs, key=lambda pair: ("*" in pair[0], -len(pair[0].replace("*", ""))))
        entries += [(pattern, None) for pattern in self.further]
        compiled = tuple((_regex(pattern), entry) for pattern, entry in entries)
        object.__setattr__(self, "_compiled", compiled)

    def knows(self, host: str) -> bool:
        """Whether a host's connections are looked into."""
        return _find(self, host)[0]

    def provider(self, host: str) -> str | None:
        """Who is behind a host, or None if that isn't known."""
        entry = _find(self, host)[1]
        return None if entry is None else entry.provider

    def family(self, host: str) -> Family:
        """How a host speaks."""
        entry = _find(self, host)[1]
        return "generic" if entry is None else entry.dialect

    def region(self, host: str) -> str:
        """The jurisdiction that a host is in, such as `eu` or `us`; empty if that isn't known."""
        entry = _find(self, host)[1]
        return "" if entry is None else entry.region

    def patterns(self) -> list[str]:
        """Every pattern as it is written, once."""
        written = (pattern for entry in (*self.own, *_shipped()[1]) for pattern in entry.hosts)
        return list(dict.fromkeys([*written, *self.further]))

    def expressions(self) -> list[str]:
        """Regular expressions for `host:port` of every host that is looked into."""
        return [f"^{_regex(pattern).pattern}\\.?:[0-9]+$" for pattern in self.patterns()]


@cache
def host_table(own: tuple[HostEntry, ...] = (), further: tuple[str, ...] = ()) -> HostTable:
    """The table with these entries in front, made once."""
    return HostTable(own, further)


def table_version() -> str:
    """The shipped table's version, a date."""
    return _shipped()[0]


def shipped_entries() -> tuple[HostEntry, ...]:
    """The shipped table, in its own order."""
    return _shipped()[1]


def llm_hosts() -> Mapping[str, str]:
    """Host pattern (`*.` in front for all subdomains, `*` for a part of a name) → provider, as shipped."""
    return {pattern: entry.provider for entry in shipped_entries() for pattern in entry.hosts}


def provider_of_host(host: str) -> str | None:
    """Who is behind a host, or None if the shipped table doesn't have it."""
    return host_table().provider(host)


def region_of_host(host: str) -> str:
    """The jurisdiction that the shipped table puts a host in; empty if it doesn't say."""
    return host_table().region(host)


def is_llm_host(host: str, extra: Iterable[str] = ()) -> bool:
    """Whether a host's connections are looked into: it is on the shipped list or among the patterns of `extra`."""
    return host_table((), tuple(extra)).knows(host)


def host_patterns(extra: Iterable[str] = ()) -> list[str]:
    """Regular expressions for `host:port` of every host that is looked into."""
    return host_table((), tuple(extra)).expressions()


@cache
def _shipped() -> tuple[str, tuple[HostEntry, ...]]:
    text = files("configs").joinpath("llm_hosts.yaml").read_text(encoding="utf-8")
    data = parse_yaml(text, "configs/llm_hosts.yaml").data
    return str(data["version"]), tuple(HostEntry.model_validate(entry) for entry in data["hosts"])


@lru_cache(maxsize=4096)  # a browser may ask for any number of hosts; the LLM hosts among them are few
def _find(table: HostTable, host: str) -> tuple[bool, HostEntry | None]:
    name = _bare(host)
    return next(((True, entry) for pattern, entry in table._compiled if pattern.fullmatch(name)), (False, None))  # noqa: SLF001 - its own table


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """`*.` is one or more labels (the bare domain isn't meant), another `*` is a part of a label."""
    name = pattern.lower()
    head = ""
    if name.startswith("*."):
        head, name = r"(?:[a-z0-9_-]+\.)+", name[2:]
    return re.compile(head + r"[a-z0-9_-]*".join(re.escape(part) for part in name.split("*")), re.IGNORECASE)


def _bare(host: str) -> str:
    """A host's name without a trailing dot, lower case."""
    return host.strip().rstrip(".").lower()
