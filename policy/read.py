"""One policy file → `PolicyFile`: what it says, with every mistake that can be seen without its parents.

Names that a parent may define (departments, models) are checked by `policy.load`, once all files are merged.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast
from urllib.parse import urlsplit

from configs.hosts import provider_of_host
from configs.yaml_source import KeyPath, Problem, YamlSource
from local_models.catalog import CATALOG, catalog
from local_models.errors import ModelError
from policy.decision import Effect, Mode
from policy.model import Budget, Department, ModelTarget, Network, Rule
from policy.node import Node
from policy.read_budget import read_budget
from policy.read_rule import read_rule
from policy.vocabulary import EFFECTS, PROVIDERS, SCHEMA, Code, nearest

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class PolicyFile:
    """What one file says. Keys that it doesn't state are None or absent."""

    source: YamlSource
    problems: list[Problem]
    id: str = ""
    extends: tuple[tuple[str, KeyPath], ...] = ()
    mode: Mode | None = None
    defaults: dict[str, Effect] = field(default_factory=dict)
    default_department: str | None = None
    departments: dict[str, Department] = field(default_factory=dict)
    models: dict[str, ModelTarget] = field(default_factory=dict)
    rules: list[tuple[Rule, KeyPath]] = field(default_factory=list)
    budgets: list[tuple[Budget, KeyPath]] = field(default_factory=list)
    record_reasons: bool | None = None


def read_policy(
    source: YamlSource,
    providers: tuple[str, ...] = PROVIDERS,
    own_types: frozenset[str] = frozenset(),
    own_labels: tuple[str, ...] = (),
) -> PolicyFile:
    """Read a parsed file. Mistakes are collected in the result's `problems`."""
    file = PolicyFile(source, [])
    root = Node(source, file.problems, (), source.data, providers, own_types, own_labels)
    root.check_characters()
    keys = root.section("policy")
    if keys is None:
        return file
    if "schema" in keys:
        keys["schema"].choice([SCHEMA])
    if "id" in keys:
        file.id = read_id(keys["id"]) or ""
    if "extends" in keys:
        file.extends = _extends(keys["extends"])
    if "mode" in keys and (mode := keys["mode"].choice(list(Mode))):
        file.mode = Mode(mode)
    if "defaults" in keys:
        file.defaults = read_defaults(keys["defaults"])
    if "default_department" in keys:
        file.default_department = keys["default_department"].text("a department's name")
    if "departments" in keys:
        file.departments = {
            name: _department(name, node) for name, node in keys["departments"].named("departments").items()
        }
    if "models" in keys:
        for name, node in keys["models"].named("models").items():
            file.models[name] = _model(name, node)
    if "rules" in keys:
        file.rules = _listed(keys["rules"], "rule", read_rule, file.id)
    if "budgets" in keys:
        file.budgets = _listed(keys["budgets"], "budget", read_budget, file.id)
    if "record_reasons" in keys:
        file.record_reasons = keys["record_reasons"].boolean()
    return file


def read_id(node: Node) -> str | None:
    """An id: no dots, so that it can't be taken for `defaults.effect`."""
    text = node.text("an id", longest=100)
    if text is None or _ID.fullmatch(text):
        return text
    node.note(Code.WRONG_VALUE, f"expected letters, digits, hyphens and underscores, got {text!r}")
    return None


def _extends(node: Node) -> tuple[tuple[str, KeyPath], ...]:
    if isinstance(node.value, str):
        return ((node.value, node.path),)
    return tuple(
        (text, item.path) for item in node.items("[builtin/secrets]") or () if (text := item.text("a pack or a file"))
    )


def read_defaults(node: Node) -> dict[str, Effect]:
    """What holds where no rule speaks, as far as it is stated."""
    found = {}
    for name, key in (node.section("defaults") or {}).items():
        if key.value == Effect.REROUTE.name.lower():
            key.note(Code.REROUTE, "expected allow or block: only a rule can say where to reroute to")
        elif effect := key.choice(["allow", "block"]):
            found[name] = EFFECTS[effect]
    return found


def _department(name: str, node: Node) -> Department:
    keys = {} if node.value is None else node.section("department") or {}
    networks: list[Network] = []
    if "networks" in keys:
        read = [(item, _network(item)) for item in keys["networks"].items("[10.1.0.0/16]") or ()]
        for item, network in read:
            if network is not None and network in networks:
                item.note(Code.OVERLAP, f"{network} stands here twice")
            elif network is not None:
                networks.append(network)
    users = keys["users"].texts("a user's name", "[ana]") if "users" in keys else ()
    return Department(name, tuple(networks), users)


def _network(node: Node) -> Network | None:
    text = node.text("a network, such as 10.1.0.0/16")
    if text is None:
        return None
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = f". Did you mean {ipaddress.ip_network(text, strict=False)}?"
    except ValueError:
        meant = ""
    node.note(Code.WRONG_VALUE, f"expected a network, such as 10.1.0.0/16 or fd00::/8, got {text!r}{meant}")
    return None


def _model(name: str, node: Node) -> ModelTarget:
    """A model; one with mistakes still counts as named, so that its rules aren't reported too."""
    keys = node.section("model") or {}
    backend = keys["backend"].choice(["embedded", "openai"]) if "backend" in keys else None
    model = keys["model"].text("a model's name") if "model" in keys else None
    variable = keys["api_key_env"].text("an environment variable's name") if "api_key_env" in keys else None
    if variable is not None and not _VARIABLE.fullmatch(variable):
        keys["api_key_env"].note(
            Code.WRONG_VALUE, "expected an environment variable's name (never the key itself), such as VLLM_API_KEY"
        )
    if backend == "embedded":
        try:
            chat = [spec.name for spec in catalog() if spec.purpose == "chat"]
        except ModelError as error:
            node.note(Code.UNKNOWN_NAME, f"the models that were added can't be read: {error}")
            chat = [spec.name for spec in CATALOG if spec.purpose == "chat"]
        if model is not None and model not in chat:
            hint = nearest(model, chat) or f". Known: {', '.join(chat)}"
            keys["model"].note(Code.UNKNOWN_NAME, f"no embedded model is called {model!r}{hint}")
        for key in sorted({"base_url", "base_urls", "api_key_env", "concurrency"} & keys.keys()):
            keys[key].note(Code.WRONG_VALUE, f"{key} is for backend openai; an embedded model has none", of_key=True)
    kind = cast('Literal["embedded", "openai"]', backend or "embedded")
    target = ModelTarget(name, kind, model or "", _base_urls(node, keys, backend), variable or "")
    if "concurrency" in keys:
        target = replace(target, concurrency=keys["concurrency"].whole(1, 10_000) or target.concurrency)
    if "queue" in keys and (queue := keys["queue"].whole(0, 100_000)) is not None:
        target = replace(target, queue=queue)
    if "seconds" in keys:
        target = replace(target, seconds=keys["seconds"].number(1, 3600) or target.seconds)
    return target


def _base_urls(node: Node, keys: Mapping[str, Node], backend: str | None) -> tuple[str, ...]:
    """Where a model's servers are, each once."""
    if "base_url" in keys and "base_urls" in keys:
        keys["base_urls"].note(Code.WRONG_VALUE, "base_url is there too. Keep one of the two", of_key=True)
    if "base_url" in keys:
        one = _base_url(keys["base_url"])
        return (one,) if one is not None and backend != "embedded" else ()
    if "base_urls" in keys:
        found: list[str] = []
        for item in keys["base_urls"].items("[http://vllm-1.internal:8000/v1, http://vllm-2.internal:8000/v1]") or ():
            url = _base_url(item)
            if url is not None and url in found:
                item.note(Code.WRONG_VALUE, f"{url} is in the list twice. Keep one")
            elif url is not None:
                found.append(url)
        return tuple(found) if backend != "embedded" else ()
    if backend == "openai":
        node.note(Code.WRONG_VALUE, "base_url is missing: backend openai needs the server's http(s) URL")
    return ()


def _base_url(node: Node) -> str | None:
    text = node.text("an http(s) URL")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good, parts = None, urlsplit("")
    if not good or parts.query or parts.fragment or any(character.isspace() for character in text):
        node.note(Code.WRONG_VALUE, "expected an http(s) URL, such as http://vllm.internal:8000/v1")
        return None
    if parts.username is not None:
        node.note(Code.WRONG_VALUE, "the URL holds credentials. Name a variable with api_key_env instead")
        return None
    if provider_of_host(parts.hostname or "") is not None:
        node.note(Code.REROUTE, f"{parts.hostname} is a vendor, not inside: what is rerouted there would leave")
        return None
    return text.rstrip("/")


def _listed[T: Rule | Budget](
    node: Node, what: str, read: Callable[[Node, str, Callable[[Node], str | None]], T | None], policy_id: str
) -> list[tuple[T, KeyPath]]:
    if not isinstance(node.value, list):
        node.expected(f"a list of {what}s")
        return []
    found: list[tuple[T, KeyPath]] = []
    lines: dict[str, int] = {}
    for index, value in enumerate(node.value):
        item = node.at(index, value)
        one = read(item, policy_id, read_id)
        if one is None:
            continue
        if one.id in lines:
            item.at("id", one.id).note(
                Code.DUPLICATE_ID, f"{what} {one.id!r} is already in line {lines[one.id]}. Give one another id"
            )
            continue
        lines[one.id] = item.source.position((*item.path, "id"))[0]
        found.append((one, item.path))
    return found
