"""One rule of a policy file → `Rule`: its condition, effect and obligations, with every mistake noted."""

import re
from collections.abc import Callable
from types import MappingProxyType

from configs.entities import entity_groups, entity_types, thresholds
from detectors.finding import SkipReason
from detectors.languages import KNOWN as LANGUAGES
from policy.actions import rule_actions
from policy.decision import Direction, Effect, Mode, Operator
from policy.model import BudgetTest, Condition, EntityTest, LabelTest, Obligation, Rule, SizeTest, SkipTest
from policy.node import Node
from policy.times import DAYS, MIDNIGHT, TimeWindow, is_zone, parse_clock
from policy.vocabulary import EFFECTS, EVERYTHING, LABEL_SCORE, LABELS, ROLES, Code, nearest, types_named

_REGION = re.compile(r"[a-z]{2}")
KEEP_LAST = 4  # characters: PCI DSS 3.4.1 lets a card's last four be shown
# What stays readable of these at most. A security code or a password is no longer than what would be kept.
KEEP_LAST_OF = {"CARD_SECURITY_CODE": 0, "PASSWORD": 0, "SECRET": 0}


def read_rule(node: Node, policy_id: str, read_id: Callable[[Node], str | None]) -> Rule | None:
    """A rule, or None when it has mistakes."""
    before = len(node.problems)
    keys = node.section("rule")
    if keys is None:
        return None
    rule_id = read_id(keys["id"]) if "id" in keys else None
    effect = read_effect(keys.get("effect"))
    when = read_condition(keys["when"]) if "when" in keys and keys["when"].value is not None else Condition()
    obligations, to = _obligations(keys["obligations"]) if "obligations" in keys else ((), None)
    message = keys["message"].text("text", longest=500) if "message" in keys else None
    description = keys["description"].text("text", longest=2000) if "description" in keys else None
    mode = keys["mode"].choice(list(Mode)) if "mode" in keys else None
    on = _directions(keys["on"]) if "on" in keys else (Direction.REQUEST,)
    if "effect" not in keys:
        if to is not None:
            effect = Effect.REROUTE
        elif obligations:
            effect = Effect.ALLOW
        else:
            node.note(Code.WRONG_VALUE, f"effect is missing: expected {', '.join(EFFECTS)}")
    if effect is not None:
        _check_effect(node, keys, effect, obligations, to)
        if Direction.REPLY in on:
            _check_reply(node, keys, effect, obligations)
    if len(node.problems) > before or rule_id is None or effect is None:
        return None
    rule = Rule(
        id=rule_id,
        effect=effect,
        when=when,
        obligations=obligations,
        to=to,
        message=message,
        description=" ".join((description or "").split()),
        mode=Mode(mode) if mode else Mode.ENFORCE,
        shape_only="effect" not in keys and to is None,
        policy_id=policy_id,
        on=on,
    )
    return rule if _masks_enough(keys, rule) else None


def read_effect(node: Node | None) -> Effect | None:
    """An effect's name."""
    name = node.choice(EFFECTS) if node is not None else None
    return EFFECTS[name] if name is not None else None


def read_types(node: Node) -> tuple[str, ...]:
    """A list of entity types, groups or `*`."""
    names = []
    for item in node.items("[PERSON, EMAIL_ADDRESS]") or ():
        name = item.text("an entity type, a group or *")
        if name is not None and _known(
            item, name, [*entity_types(), *node.own_types, *entity_groups()], "entity type or group"
        ):
            names.append(name)
    return tuple(names)


def read_condition(node: Node) -> Condition:
    """When a rule applies, or what a budget counts."""
    keys = node.section("when") or {}
    if "roles" in keys and "entities" not in keys:
        keys["roles"].note(Code.WRONG_VALUE, "roles says where entities are looked for: name entities too", of_key=True)

    def texts(name: str, what: str, example: str) -> tuple[str, ...]:
        return keys[name].texts(what, example) if name in keys else ()

    def items(name: str, example: str) -> list[Node]:
        return (keys[name].items(example) or []) if name in keys else []

    roles = texts("roles", "a role", "[user]")
    for index, role in enumerate(roles):
        _known(keys["roles"].at(index, role), role, ROLES, "role")
    providers = texts("providers", "a provider", "[openai]")
    for index, provider in enumerate(providers):
        _known(keys["providers"].at(index, provider), provider, node.providers, "provider")
    for index, region in enumerate(regions := texts("regions", "a region", "[eu]")):
        _region(keys["regions"].at(index, region), region)
    for index, region in enumerate(outside := texts("outside_regions", "a region", "[eu]")):
        _region(keys["outside_regions"].at(index, region), region)
    for index, language in enumerate(languages := texts("languages", "a language", "[de]")):
        check_language(keys["languages"].at(index, language), language)
    for index, language in enumerate(other := texts("outside_languages", "a language", "[en, de]")):
        check_language(keys["outside_languages"].at(index, language), language)
    return Condition(
        departments=texts("departments", "a department", "[finance]"),
        users=texts("users", "a user's name", "[ana]"),
        entities=tuple(test for item in items("entities", "[{type: PERSON}]") if (test := _entity(item))),
        roles=roles,
        labels=tuple(label for item in items("labels", "[{name: financial}]") if (label := _label(item))),
        tasks=texts("tasks", "a task", "[email_categorisation]"),
        models=texts("models", "a model or a glob", '["gpt-*"]'),
        providers=providers,
        hosts=texts("hosts", "a host or a glob", '["*.openai.com"]'),
        endpoints=texts("endpoints", "a path or a glob", '["/v1/files*"]'),
        dialects=texts("dialects", "a dialect or a glob", '["openai-*"]'),
        regions=regions,
        outside_regions=outside,
        languages=languages,
        outside_languages=other,
        clients=texts("clients", "a user agent or a glob", '["codex*"]'),
        tools=texts("tools", "a tool or a glob", '["shell*"]'),
        times=tuple(window for item in items("times", "[{from: 08:00, to: 18:00}]") if (window := _window(item))),
        bytes=_size(keys["bytes"]) if "bytes" in keys else None,
        streaming=keys["streaming"].boolean() if "streaming" in keys else None,
        uninspected=tuple(skip for item in items("uninspected", "[opaque]") if (skip := _skip(item))),
        budget=_share(keys["budget"]) if "budget" in keys else None,
    )


def _share(node: Node) -> BudgetTest | None:
    keys = node.section("share")
    if not keys or not {"id", "above"} <= set(keys):
        return None
    name, above = keys["id"].text("the name of a budget"), keys["above"].number(0, 1)
    return None if name is None or above is None else BudgetTest(name, above)


def _directions(node: Node) -> tuple[Direction, ...]:
    chosen = {item.choice(list(Direction)) for item in node.items("[request, reply]") or ()}
    return tuple(direction for direction in Direction if direction.value in chosen)


def _skip(node: Node) -> SkipTest | None:
    keys = {"reason": node} if isinstance(node.value, str) else node.section("uninspected") or {}
    media = keys["media"].texts("a format or a glob", '["audio/*"]') if "media" in keys else ()
    reason = keys["reason"].text("a reason") if "reason" in keys else None
    if reason is None or not _known(keys["reason"], reason, list(SkipReason), "reason"):
        return None
    return SkipTest(SkipReason(reason), media)


def _region(node: Node, name: str) -> None:
    if not _REGION.fullmatch(name):
        node.note(Code.WRONG_VALUE, f"expected two small letters, such as eu, us or uk, got {name!r}")


def check_language(node: Node, name: str) -> None:
    """Note what isn't a language's code: a rule about it would never apply, or always."""
    if name not in LANGUAGES:
        node.note(Code.WRONG_VALUE, f"expected a language's ISO 639 code, such as en, de or zh, got {name!r}")


def _size(node: Node) -> SizeTest | None:
    keys = node.section("bytes") or {}
    least = keys["min"].whole(1, 2**53) if "min" in keys else 0
    most = keys["max"].whole(0, 2**53) if "max" in keys else None
    if not keys and isinstance(node.value, dict):
        node.note(Code.NEVER, "bytes without min and max says nothing. Leave the key out")
    if least is not None and most is not None and least > most:
        node.note(Code.NEVER, f"no body has at least {least} and at most {most} bytes")
    return SizeTest(least or 0, most)


def _window(node: Node) -> TimeWindow | None:
    keys = node.section("time")
    if keys is None:
        return None
    chosen = {item.choice(DAYS) for item in keys["days"].items("[mon, fri]") or ()} if "days" in keys else set(DAYS)
    minutes = {"from": 0, "to": MIDNIGHT}
    for name in sorted(minutes.keys() & keys.keys()):
        text = keys[name].text("a time such as 08:00")
        minute = parse_clock(text) if text is not None else None
        if text is not None and minute is None:
            keys[name].note(Code.WRONG_VALUE, f"expected a time from 00:00 to 24:00, got {text!r}")
        minutes[name] = minute or 0
    if minutes["from"] == MIDNIGHT:
        keys["from"].note(Code.WRONG_VALUE, "nothing starts at 24:00: say 00:00 of the next day")
    zone = keys["zone"].text("a time zone") if "zone" in keys else "UTC"
    if zone is not None and not is_zone(zone):
        keys["zone"].note(Code.WRONG_VALUE, f"expected an IANA time zone, such as Europe/Berlin, got {zone!r}")
    return TimeWindow(tuple(day for day in DAYS if day in chosen), minutes["from"], minutes["to"], zone or "UTC")


def _entity(node: Node) -> EntityTest | None:
    if isinstance(node.value, str):
        known = _known(node, node.value, [*entity_types(), *node.own_types, *entity_groups()], "entity type or group")
        named = types_named(node.value, node.own_types) or frozenset()
        return _entity_test(node.value, named, None, 1, 1) if known else None
    keys = node.section("entity")
    if keys is None:
        return None
    if ("type" in keys) == ("group" in keys):
        node.note(Code.WRONG_VALUE, "expected either type or group")
        return None
    low = keys["min_score"].number(0, 1) if "min_score" in keys else None
    count, different = (keys[key].whole(1, 1_000_000) if key in keys else 1 for key in ("min_count", "min_distinct"))
    kind = "type" if "type" in keys else "group"
    names = [*entity_types(), *node.own_types] if kind == "type" else list(entity_groups())
    name = keys[kind].text(f"an entity {kind}")
    if name is None or count is None or different is None or not _known(keys[kind], name, names, f"entity {kind}"):
        return None
    types = (
        frozenset({name}) if kind == "type" and name != EVERYTHING else types_named(name, node.own_types) or frozenset()
    )
    return _entity_test(name, types, low, count, different)


def _entity_test(name: str, types: frozenset[str], low: float | None, count: int, different: int) -> EntityTest:
    scores = {one: thresholds().get(one, 0.0) if low is None else low for one in sorted(types)}
    return EntityTest(name, MappingProxyType(scores), count, low, different)


def _label(node: Node) -> LabelTest | None:
    if isinstance(node.value, str):
        return (
            LabelTest(node.value, LABEL_SCORE)
            if _known(node, node.value, (*LABELS, *node.own_labels), "label")
            else None
        )
    keys = node.section("label")
    if keys is None or "name" not in keys:
        return None
    low = keys["min_score"].number(0, 1) if "min_score" in keys else LABEL_SCORE
    name = keys["name"].text("a label")
    if name is None or low is None or not _known(keys["name"], name, (*LABELS, *node.own_labels), "label"):
        return None
    return LabelTest(name, low)


def _obligations(node: Node) -> tuple[tuple[Obligation, ...], str | None]:
    obligations: list[Obligation] = []
    to: str | None = None
    for item in node.items("[{tokenize: {types: [PERSON]}}]") or ():
        keys = item.section("obligation") or {}
        if isinstance(item.value, dict) and len(item.value) != 1:
            item.note(Code.WRONG_VALUE, "expected one obligation per list item: begin each with its own hyphen")
        for name, key in keys.items():
            if name == "to":
                if to is not None:
                    key.note(Code.REROUTE, "a request can be rerouted to one model only", of_key=True)
                to = key.text("the name of one of the policy's models")
            elif (obligation := _deidentify(key, Operator(name))) is not None:
                obligations.append(obligation)
    return tuple(obligations), to


def _deidentify(node: Node, operator: Operator) -> Obligation | None:
    short = isinstance(node.value, list)
    keys = {"types": node} if short else node.section(operator.value) or {}
    if "types" not in keys:
        return None
    restore = keys["restore"].boolean() if "restore" in keys else True
    keep = keys["keep_last"].whole(0, KEEP_LAST) if "keep_last" in keys else 0
    written = read_types(keys["types"])
    types = frozenset[str]().union(*(types_named(name, node.own_types) or frozenset() for name in written))
    if restore is None or keep is None:
        return None
    return Obligation(operator, types, written, restore and operator.reversible, keep)


def _check_effect(
    node: Node, keys: dict[str, Node], effect: Effect, obligations: tuple[Obligation, ...], to: str | None
) -> None:
    """Obligations fit the effect."""
    where = keys.get("obligations", node)
    if effect is Effect.REROUTE and to is None:
        if not any("to" in item for item in _maps(where.value)):
            where.note(Code.REROUTE, "a reroute needs its model: add {to: NAME} to obligations")
    elif effect is not Effect.REROUTE and to is not None:
        where.note(Code.REROUTE, f"`to` is for effect reroute; this rule's is {effect.name.lower()}")
    if effect is Effect.BLOCK and obligations:
        where.note(Code.NEVER, "a blocked request goes nowhere, so there is nothing to de-identify: remove these")


def _check_reply(node: Node, keys: dict[str, Node], effect: Effect, obligations: tuple[Obligation, ...]) -> None:
    """What a rule on replies can't ask for."""
    where = keys.get("obligations", node)
    if effect is Effect.REROUTE:
        where.note(Code.REPLY, "a reply is there already and can't be rerouted: allow it, or block it")
    if effect is Effect.JUSTIFY:
        where.note(Code.REPLY, "nobody can say why a model answers as it does: allow the reply, or block it")
    if any(obligation.operator.reversible for obligation in obligations):
        where.note(
            Code.REPLY, "in a reply nobody turns tokens or surrogates back: redact or mask, in a rule of its own"
        )


def _maps(value: object) -> list[dict[object, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _masks_enough(keys: dict[str, Node], rule: Rule) -> bool:
    for action in rule_actions(rule):
        limit = KEEP_LAST_OF.get(action.entity_type, KEEP_LAST)
        if action.operator is Operator.MASK and action.keep_last > limit:
            keys["obligations"].note(
                Code.MASK,
                f"a mask of {action.entity_type} may keep {limit} characters, this one keeps {action.keep_last}. "
                f"Redact {action.entity_type} in the same rule, or keep less",
            )
            return False
    return True


def _known(node: Node, name: str, known: list[str] | tuple[str, ...], what: str) -> bool:
    """Whether the name is known (or `*`, where entity types are meant)."""
    if name in known or (name == EVERYTHING and what.startswith("entity")):
        return True
    hint = nearest(name, known) or f". Known: {', '.join(sorted(known))}"
    node.note(Code.UNKNOWN_NAME, f"no {what} is called {name!r}{hint}")
    return False
