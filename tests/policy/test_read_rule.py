"""One rule: what it is read as, and every kind of mistake with its line and column."""

import pytest

from configs.entities import entity_groups, thresholds
from detectors.finding import SkipReason
from policy.decision import Direction, Effect, Mode, Operator
from policy.model import SizeTest, SkipTest
from policy.times import TimeWindow

HEAD = "schema: privet.policy/1\nid: acme\nmodels: {m: {backend: embedded, model: smollm2-135m}}\nrules:\n"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{effect: block}", ["5:5: P002: id is missing: expected name"]),
        ("{id: a}", ["5:5: P002: effect is missing: expected allow, justify, reroute, block"]),
        ("{id: defaults.effect, effect: block}", ["5:10: P002: expected letters, digits, hyphens and underscores, got 'defaults.effect'"]),
        ("{id: a, effekt: block}", ["5:5: P002: effect is missing: expected allow, justify, reroute, block", "5:13: P001: unknown key 'effekt'. Did you mean effect?"]),
        ("{id: a, effect: deny}", ["5:21: P002: expected allow, justify, reroute or block, got 'deny'"]),
        ("{id: a, effect: false}", ["5:21: P002: expected allow, justify, reroute or block, got true or false"]),
        ("{id: a, effect: block, mode: on}", ["5:34: P002: expected enforce or monitor, got 'on'"]),
        ("{id: a, effect: block, message: 3}", ["5:37: P002: expected text in quotes, got a number (3)"]),
        ("{id: a, effect: block, when: finance}", ["5:34: P002: expected a map with departments, users, entities, roles, labels, tasks, models, providers, hosts, endpoints, dialects, regions, outside_regions, languages, outside_languages, clients, tools, times, bytes, streaming, uninspected and budget, got text ('finance')"]),
        ("{id: a, effect: block, when: {department: [x]}}", ["5:35: P001: unknown key 'department'. Did you mean departments?"]),
        ("{id: a, effect: block, when: {departments: [x]}}", ["5:49: P005: no department is called 'x'. Known: default"]),
        ("{id: a, effect: block, when: {departments: x}}", ["5:48: P002: expected a list, such as [finance], got text ('x')"]),
        ("{id: a, effect: block, when: {users: [1]}}", ["5:43: P002: expected a user's name in quotes, got a number (1)"]),
        ("{id: a, effect: block, when: {entities: []}}", ["5:45: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        ("{id: a, effect: block, when: {entities: [PERSOM]}}", ["5:46: P005: no entity type or group is called 'PERSOM'. Did you mean PERSON?"]),
        ("{id: a, effect: block, when: {entities: [{type: PII}]}}", ["5:53: P005: no entity type is called 'PII'"]),
        ("{id: a, effect: block, when: {entities: [{group: PERSON}]}}", ["5:54: P005: no entity group is called 'PERSON'"]),
        ("{id: a, effect: block, when: {entities: [{}]}}", ["5:46: P002: expected either type or group"]),
        ("{id: a, effect: block, when: {entities: [{type: PERSON, group: PII}]}}", ["5:46: P002: expected either type or group"]),
        ("{id: a, effect: block, when: {entities: [{type: PERSON, min_score: 60}]}}", ["5:72: P002: expected a number from 0 to 1, got a number (60)"]),
        ("{id: a, effect: block, when: {entities: [{type: PERSON, min_count: 0}]}}", ["5:72: P002: expected a whole number from 1 to 1000000, got a number (0)"]),
        ("{id: a, effect: block, when: {roles: [user]}}", ["5:35: P002: roles says where entities are looked for: name entities too"]),
        ("{id: a, effect: block, when: {entities: [PII], roles: [asistant]}}", ["5:60: P005: no role is called 'asistant'. Did you mean assistant?"]),
        ("{id: a, effect: block, when: {labels: [finance]}}", ["5:44: P005: no label is called 'finance'. Did you mean financial?"]),
        ("{id: a, effect: block, when: {labels: [{name: hr, min_score: -1}]}}", ["5:66: P002: expected a number from 0 to 1, got a number (-1)"]),
        ("{id: a, effect: block, when: {labels: [{min_score: 0.5}]}}", ["5:44: P002: name is missing: expected label"]),
        ("{id: a, effect: block, when: {providers: [opnai]}}", ["5:47: P005: no provider is called 'opnai'. Did you mean openai?"]),
        ("{id: a, effect: block, when: {uninspected: []}}", ["5:48: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        ("{id: a, effect: block, when: {uninspected: [time_out]}}", ["5:49: P005: no reason is called 'time_out'. Did you mean timeout?"]),
        ("{id: a, effect: block, when: {uninspected: [{media: ['audio/*']}]}}", ["5:49: P002: reason is missing: expected reason"]),
        ("{id: a, effect: block, when: {uninspected: [{reason: opaque, media: audio}]}}", ["5:73: P002: expected a list, such as [\"audio/*\"], got text ('audio')"]),
        ("{id: a, effect: block, when: {regions: [EU]}}", ["5:45: P002: expected two small letters, such as eu, us or uk, got 'EU'"]),
        ("{id: a, effect: block, when: {languages: [en-US]}}", ["5:47: P002: expected a language's ISO 639 code, such as en, de or zh, got 'en-US'"]),
        ("{id: a, effect: block, when: {outside_languages: [en, german]}}", ["5:59: P002: expected a language's ISO 639 code, such as en, de or zh, got 'german'"]),
        ("{id: a, effect: block, when: {outside_regions: [europe]}}", ["5:53: P002: expected two small letters, such as eu, us or uk, got 'europe'"]),
        ("{id: a, effect: block, when: {tools: shell}}", ["5:42: P002: expected a list, such as [\"shell*\"], got text ('shell')"]),
        ("{id: a, effect: block, when: {budget: {id: b, above: 0.5}}}", ["5:48: P005: no budget is called 'b'. Define it in budgets"]),
        ("{id: a, effect: block, when: {budget: {id: b}}}", ["5:43: P002: above is missing: expected 0 to 1"]),
        ("{id: a, effect: block, when: {streaming: yes}}", ["5:46: P002: expected true or false, got text ('yes')"]),
        ("{id: a, effect: block, when: {bytes: {}}}", ["5:42: P008: bytes without min and max says nothing. Leave the key out"]),
        ("{id: a, effect: block, when: {bytes: {min: 2, max: 1}}}", ["5:42: P008: no body has at least 2 and at most 1 bytes"]),
        ("{id: a, effect: block, when: {bytes: {min: 0}}}", ["5:48: P002: expected a whole number from 1 to 9007199254740992, got a number (0)"]),
        ("{id: a, effect: block, when: {bytes: 100}}", ["5:42: P002: expected a map with min and max, got a number (100)"]),
        ("{id: a, effect: block, when: {times: []}}", ["5:42: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        ("{id: a, effect: block, when: {times: [{days: [monday]}]}}", ["5:51: P002: expected mon, tue, wed, thu, fri, sat or sun, got 'monday'. Did you mean mon?"]),
        ("{id: a, effect: block, when: {times: [{from: 8:00, to: 25:00}]}}", ["5:50: P002: expected a time from 00:00 to 24:00, got '8:00'", "5:60: P002: expected a time from 00:00 to 24:00, got '25:00'"]),
        ("{id: a, effect: block, when: {times: [{from: 24:00}]}}", ["5:50: P002: nothing starts at 24:00: say 00:00 of the next day"]),
        ("{id: a, effect: block, when: {times: [{zone: Berlin}]}}", ["5:50: P002: expected an IANA time zone, such as Europe/Berlin, got 'Berlin'"]),
        ("{id: a, effect: block, on: reply}", ["5:32: P002: expected a list, such as [request, reply], got text ('reply')"]),
        ("{id: a, effect: block, on: [replies]}", ["5:33: P002: expected request or reply, got 'replies'. Did you mean reply?"]),
        ("{id: a, effect: block, on: []}", ["5:32: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        ("{id: a, on: [reply], obligations: [{to: m}]}", ["5:39: P017: a reply is there already and can't be rerouted: allow it, or block it"]),
        ("{id: a, on: [reply], effect: justify}", ["5:5: P017: nobody can say why a model answers as it does: allow the reply, or block it"]),
        ("{id: a, on: [request, reply], obligations: [{tokenize: [PII]}]}", ["5:48: P017: in a reply nobody turns tokens or surrogates back: redact or mask, in a rule of its own"]),
        ("{id: a, on: [reply], obligations: [{surrogate: [PII]}]}", ["5:39: P017: in a reply nobody turns tokens or surrogates back: redact or mask, in a rule of its own"]),
        ("{id: a, effect: reroute}", ["5:5: P014: a reroute needs its model: add {to: NAME} to obligations"]),
        ("{id: a, effect: reroute, obligations: [{redact: [PII]}]}", ["5:43: P014: a reroute needs its model: add {to: NAME} to obligations"]),
        ("{id: a, effect: reroute, obligations: [{to: }]}", ["5:48: P002: expected the name of one of the policy's models, got nothing"]),
        ("{id: a, effect: reroute, obligations: [{to: n}]}", ["5:49: P005: no model is called 'n'. Known: m"]),
        ("{id: a, effect: reroute, obligations: [{to: m}, {to: m}]}", ["5:54: P014: a request can be rerouted to one model only"]),
        ("{id: a, effect: block, obligations: [{to: m}]}", ["5:41: P014: `to` is for effect reroute; this rule's is block"]),
        ("{id: a, effect: allow, obligations: [{to: m}]}", ["5:41: P014: `to` is for effect reroute; this rule's is allow"]),
        ("{id: a, effect: block, obligations: [{redact: [PII]}]}", ["5:41: P008: a blocked request goes nowhere, so there is nothing to de-identify: remove these"]),
        ("{id: a, obligations: [{tokenise: [PII]}]}", ["5:5: P002: effect is missing: expected allow, justify, reroute, block", "5:28: P001: unknown key 'tokenise'. Did you mean tokenize?"]),
        ("{id: a, obligations: [{redact: [PII], mask: [PCI]}]}", ["5:27: P002: expected one obligation per list item: begin each with its own hyphen"]),
        ("{id: a, effect: allow, obligations: [{redact: {type: [PII]}}]}", ["5:51: P002: types is missing: expected list of entity types, groups or `*`", "5:52: P001: unknown key 'type'. Did you mean types?"]),
        ("{id: a, effect: allow, obligations: [{redact: {types: [PI]}}]}", ["5:60: P005: no entity type or group is called 'PI'. Did you mean PII?"]),
        ("{id: a, effect: allow, obligations: [{redact: {types: [PII], restore: true}}]}", ["5:66: P001: unknown key 'restore'. Known here: types"]),
        ("{id: a, effect: allow, obligations: [{tokenize: {types: [PII], restore: yes}}]}", ["5:77: P002: expected true or false, got text ('yes')"]),
        ("{id: a, effect: allow, obligations: [{mask: {types: [CREDIT_CARD], keep_last: 6}}]}", ["5:83: P002: expected a whole number from 0 to 4, got a number (6)"]),
        ("{id: a, obligations: [{mask: {types: [PCI], keep_last: 4}}]}", ["5:26: P016: a mask of CARD_SECURITY_CODE may keep 0 characters, this one keeps 4. Redact CARD_SECURITY_CODE in the same rule, or keep less"]),
    ],
)  # fmt: skip
def test_mistakes(problems, rule, expected):
    found = problems(f"{HEAD}  - {rule}\n")
    assert len(found) == len(expected)
    for line, wanted in zip(found, expected, strict=True):
        assert line == wanted or line.startswith(f"{wanted}. Known: ")  # long lists of known words are left out here


def rule(load, text):
    return load(f"models: {{m: {{backend: embedded, model: smollm2-135m}}}}\nrules:\n  - {{id: r, {text}}}\n").rules[0]


def test_groups_become_types_with_scores(load):
    [test] = rule(
        load, "effect: block, when: {entities: [{group: SECRETS, min_score: 0.7, min_count: 2}]}"
    ).when.entities
    assert (test.name, test.min_score, test.min_count) == ("SECRETS", 0.7, 2)
    assert dict(test.scores) == dict.fromkeys(entity_groups()["SECRETS"], 0.7)
    [test] = rule(load, "effect: block, when: {entities: [PII]}").when.entities
    assert dict(test.scores) == {name: thresholds()[name] for name in entity_groups()["PII"]}


def test_a_type_that_is_called_like_a_group(load):
    by_name, by_type = rule(load, "effect: block, when: {entities: [NATIONAL_ID, {type: NATIONAL_ID}]}").when.entities
    assert set(by_name.scores) == entity_groups()["NATIONAL_ID"]
    assert set(by_type.scores) == {"NATIONAL_ID"}


@pytest.mark.parametrize(
    ("text", "effect", "shape_only"),
    [
        ("effect: block", Effect.BLOCK, False),
        ("effect: allow", Effect.ALLOW, False),
        ("effect: allow, obligations: [{redact: [PII]}]", Effect.ALLOW, False),
        ("obligations: [{redact: [PII]}]", Effect.ALLOW, True),
        ("effect: reroute, obligations: [{to: m}]", Effect.REROUTE, False),
        ("obligations: [{to: m}]", Effect.REROUTE, False),  # a model to reroute to says it
    ],
)
def test_effects(load, text, effect, shape_only):
    one = rule(load, text)
    assert (one.effect, one.shape_only) == (effect, shape_only)


def test_obligations(load):
    one = rule(
        load,
        """effect: reroute, obligations: [{to: m}, {tokenize: {types: [PERSON], restore: false}},
        {mask: {types: [CREDIT_CARD], keep_last: 4}}, {redact: [SECRETS, PERSON]}, {tokenize: [IBAN_CODE]},
        {surrogate: [PERSON]}, {surrogate: {types: [US_SSN], restore: false}}]""",
    )
    assert one.to == "m"
    assert [(o.operator, o.written, o.restore, o.keep_last) for o in one.obligations] == [
        (Operator.TOKENIZE, ("PERSON",), False, 0),
        (Operator.MASK, ("CREDIT_CARD",), False, 4),
        (Operator.REDACT, ("SECRETS", "PERSON"), False, 0),
        (Operator.TOKENIZE, ("IBAN_CODE",), True, 0),
        (Operator.SURROGATE, ("PERSON",), True, 0),
        (Operator.SURROGATE, ("US_SSN",), False, 0),
    ]  # fmt: skip
    assert one.obligations[2].types == {*entity_groups()["SECRETS"], "PERSON"}


def test_the_rest(load):
    one = rule(load, "effect: block, mode: monitor, message: No., description: 'two\n   lines', when: ")
    assert (one.mode, one.message, one.description, one.policy_id) == (Mode.MONITOR, "No.", "two lines", "acme")
    assert one.on == (Direction.REQUEST,)


@pytest.mark.parametrize(("on", "read"), [("[reply]", "reply"), ("[request]", "request"), ("[reply, request]", "both")])
def test_what_a_rule_speaks_of(load, on, read):
    meant = {"reply": (Direction.REPLY,), "request": (Direction.REQUEST,), "both": tuple(Direction)}[read]
    assert rule(load, f"effect: block, on: {on}").on == meant
    assert rule(load, f"on: {on}, obligations: [{{redact: [PII]}}, {{mask: [PERSON]}}]").on == meant


def test_times_and_sizes(load):
    when = rule(
        load, "effect: block, when: {times: [{days: [sun, mon], to: 06:00, zone: Asia/Tokyo}], bytes: {max: 9}}"
    ).when
    assert when.times == (TimeWindow(("mon", "sun"), 0, 360, "Asia/Tokyo"),)
    assert when.bytes == SizeTest(0, 9)
    assert when.streaming is None


def test_uninspected(load):
    tests = rule(load, "effect: allow, when: {uninspected: [opaque, {reason: unreadable, media: ['audio/*']}]}").when
    assert tests.uninspected == (SkipTest(SkipReason.OPAQUE), SkipTest(SkipReason.UNREADABLE, ("audio/*",)))


def test_a_mask_may_keep_four_of_a_card_if_its_code_is_redacted(load):
    assert rule(load, "obligations: [{mask: {types: [PCI], keep_last: 4}}, {redact: [CARD_SECURITY_CODE]}]")
