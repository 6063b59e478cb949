"""One policy file → `PolicyFile`: what it says, with every mistake that can be seen without its parents.

Names that a parent may define (departments, models) are checked by `policy.load`, once all files are merged.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from configs.yaml_source import KeyPath, Problem, YamlSource
from policy.decision import Effect, Mode
from policy.model import Budget, Department, ModelTarget, Network, Rule
from policy.node import Node
from policy.read_budget import read_budget
from policy.read_model import read_model
from policy.read_rule import read_rule
from policy.vocabulary import EFFECTS, PROVIDERS, SCHEMA, Code

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


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
            file.models[name] = read_model(name, node)
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
