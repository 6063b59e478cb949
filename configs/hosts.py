"""The hosts that carry LLM traffic (`llm_hosts.yaml` beside this file), and who is behind each.

Privet looks into connections to these hosts alone; all others pass through untouched.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from configs.yaml_source import parse_yaml


@cache
def llm_hosts() -> Mapping[str, str]:
    """Host pattern (`*.` in front for all subdomains, `*` for a part of a name) → provider."""
    text = files("configs").joinpath("llm_hosts.yaml").read_text(encoding="utf-8")
    data = parse_yaml(text, "configs/llm_hosts.yaml").data
    return {pattern: provider for provider, patterns in data["hosts"].items() for pattern in patterns}


def provider_of_host(host: str) -> str | None:
    """Who is behind a host, or None if it isn't known to carry LLM traffic."""
    name = _bare(host)
    return next((provider for pattern, provider in _compiled() if pattern.fullmatch(name)), None)


def is_llm_host(host: str, extra: Iterable[str] = ()) -> bool:
    """Whether a host's connections are looked into: it is on the shipped list or among the patterns of `extra`."""
    if provider_of_host(host) is not None:
        return True
    name = _bare(host)
    return any(_regex(pattern).fullmatch(name) for pattern in extra)


def host_patterns(extra: Iterable[str] = ()) -> list[str]:
    """Regular expressions for `host:port` of every host that is looked into."""
    return [f"^{_regex(pattern).pattern}\\.?:[0-9]+$" for pattern in (*llm_hosts(), *extra)]


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    # Names without a wildcard first, so that an exact entry wins.
    entries = sorted(llm_hosts().items(), key=lambda entry: "*" in entry[0])
    return tuple((_regex(pattern), provider) for pattern, provider in entries)


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
