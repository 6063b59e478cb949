"""One file: every kind of mistake, with its line and column."""

import pytest

HEAD = "schema: privet.policy/1\nid: acme\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: P002: expected a map with schema, id, extends, mode, defaults, default_department, departments, models, rules, budgets and record_reasons, got nothing"]),
        ("[]", ["1:1: P002: expected a map with schema, id, extends, mode, defaults, default_department, departments, models, rules, budgets and record_reasons, got a list"]),
        ("id: acme\n", ["1:1: P002: schema is missing: expected privet.policy/1"]),
        ("schema: privet.policy/2\nid: acme\n", ["1:9: P002: expected privet.policy/1, got 'privet.policy/2'. Did you mean privet.policy/1?"]),
        ("schema: privet.policy/1\nid: a.b\n", ["2:5: P002: expected letters, digits, hyphens and underscores, got 'a.b'"]),
        ("schema: privet.policy/1\nid: 7\n", ["2:5: P002: expected an id in quotes, got a number (7)"]),
        ("schema: [privet.policy/1\n", ["2:1: expected ',' or ']', but got '<stream end>'"]),
        (HEAD + "id: b\n", ['3:1: found duplicate key "id" with value "b" (original value: "acme")']),
        (HEAD + "mod: monitor\n", ["3:1: P001: unknown key 'mod'. Did you mean mode?"]),
        (HEAD + "xyzzy: 1\n", ["3:1: P001: unknown key 'xyzzy'. Known here: schema, id, extends, mode, defaults, default_department, departments, models, rules, budgets and record_reasons"]),
        (HEAD + "mode: off\n", ["3:7: P002: expected enforce or monitor, got 'off'"]),
        (HEAD + "defaults: allow\n", ["3:11: P002: expected a map with effect, when_uninspected, when_error and unreadable_clients, got text ('allow')"]),
        (HEAD + "defaults: {effect: deny}\n", ["3:20: P002: expected allow or block, got 'deny'"]),
        (HEAD + "defaults: {effect: reroute}\n", ["3:20: P014: expected allow or block: only a rule can say where to reroute to"]),
        (HEAD + "defaults: {unreadable_clients: reroute}\n", ["3:32: P014: expected allow or block: only a rule can say where to reroute to"]),
        (HEAD + "defaults: {when_unispected: block}\n", ["3:12: P001: unknown key 'when_unispected'. Did you mean when_uninspected?"]),
        (HEAD + "departments: [finance]\n", ["3:14: P002: expected a map of names to departments, got a list"]),
        (HEAD + "departments:\n  finance: {network: [10.0.0.0/8]}\n", ["4:13: P001: unknown key 'network'. Did you mean networks?"]),
        (HEAD + "departments:\n  finance: {networks: 10.0.0.0/8}\n", ["4:23: P002: expected a list, such as [10.1.0.0/16], got text ('10.0.0.0/8')"]),
        (HEAD + "departments:\n  finance:\n    networks:\n      - 10.1.2.3/16\n", ["6:9: P002: expected a network, such as 10.1.0.0/16 or fd00::/8, got '10.1.2.3/16'. Did you mean 10.1.0.0/16?"]),
        (HEAD + "departments:\n  finance: {networks: [ten]}\n", ["4:24: P002: expected a network, such as 10.1.0.0/16 or fd00::/8, got 'ten'"]),
        (HEAD + "departments:\n  a: {networks: [10.0.0.0/8, 10.0.0.0/8]}\n", ["4:30: P023: 10.0.0.0/8 stands here twice"]),
        (HEAD + "departments:\n  a: {users: [ana]}\n  b: {users: [bob, ANA]}\n", ["5:20: P023: ANA is in department 'a' too. Keep one"]),
        (HEAD + "departments:\n  a: {networks: [10.0.0.0/8]}\n  b: {networks: [10.0.0.0/8]}\n", ["5:18: P023: 10.0.0.0/8 is in department 'a' too. Keep one"]),
        (HEAD + "departments: {a: {users: []}}\n", ["3:26: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        (HEAD + "default_department: finance\n", ["3:21: P005: no department is called 'finance'. Define it in departments"]),
        (HEAD + "default_department: finanse\ndepartments: {finance: {}}\n", ["3:21: P005: no department is called 'finanse'. Did you mean finance?"]),
        (HEAD + "models: {m: {backend: vllm, model: x}}\n", ["3:23: P002: expected embedded, openai or task, got 'vllm'"]),
        (HEAD + "models: {m: {model: x}}\n", ["3:13: P002: backend is missing: expected embedded, openai or task"]),
        (HEAD + "models: {m: {backend: embedded, model: smollm}}\n", ["3:40: P005: no embedded model is called 'smollm'. Did you mean smollm2-135m?"]),
        (HEAD + "models: {m: {backend: embedded, model: smollm2-135m-l4}}\n", ["3:40: P005: no embedded model is called 'smollm2-135m-l4'. Did you mean smollm2-135m?"]),
        (HEAD + "models: {m: {backend: embedded, model: smollm2-135m, base_url: 'http://x/'}}\n", ["3:54: P002: base_url is for backend openai; one of backend embedded has none"]),
        (HEAD + "models: {m: {backend: openai, model: x}}\n", ["3:13: P002: base_url is missing: backend openai needs the server's http(s) URL"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a', base_urls: ['http://b']}}\n", ["3:63: P002: base_url is there too. Keep one of the two"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_urls: ['http://a', 'http://a/']}}\n", ["3:65: P002: http://a is in the list twice. Keep one"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_urls: ['http://a', 'https://api.openai.com/v1']}}\n", ["3:65: P014: api.openai.com is a vendor, not inside: what is rerouted there would leave"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_urls: []}}\n", ["3:52: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a', concurrency: 0}}\n", ["3:76: P002: expected a whole number from 1 to 10000, got a number (0)"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a', queue: -1}}\n", ["3:70: P002: expected a whole number from 0 to 100000, got a number (-1)"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a', seconds: soon}}\n", ["3:72: P002: expected a number from 1 to 3600, got text ('soon')"]),
        (HEAD + "models: {m: {backend: embedded, model: smollm2-135m, concurrency: 2}}\n", ["3:54: P002: concurrency is for backend openai; one of backend embedded has none"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: vllm}}\n", ["3:51: P002: expected an http(s) URL, such as http://vllm.internal:8000/v1"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'ftp://a/'}}\n", ["3:51: P002: expected an http(s) URL, such as http://vllm.internal:8000/v1"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a:99999/'}}\n", ["3:51: P002: expected an http(s) URL, such as http://vllm.internal:8000/v1"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://u:p@a/'}}\n", ["3:51: P002: the URL holds credentials. Name a variable with api_key_env instead"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'https://api.openai.com/v1'}}\n", ["3:51: P014: api.openai.com is a vendor, not inside: what is rerouted there would leave"]),
        (HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a/', api_key_env: sk-1}}\n", ["3:77: P002: expected an environment variable's name (never the key itself), such as VLLM_API_KEY"]),
        (HEAD + "rules: {id: x}\n", ["3:8: P002: expected a list of rules, got a map"]),
        (HEAD + "rules:\n  - {id: a, effect: block}\n  - {id: a, effect: allow}\n", ["5:10: P004: rule 'a' is already in line 4. Give one another id"]),
        (HEAD + "rules:\n  - just text\n", ["4:5: P002: expected a map with id, description, on, when, effect, obligations, message and mode, got text ('just text')"]),
        (HEAD + 'rules:\n  - {id: a, effect: block, message: "a\\u202Eb"}\n', ["4:37: P025: the text holds the invisible character U+202E"]),
    ],
)  # fmt: skip
def test_mistakes(problems, text, expected):
    assert problems(text) == expected


def test_all_are_told_at_once(problems):
    found = problems("""
        schema: privet.policy/1
        id: acme
        mode: enforced
        departments: {finance: {networks: [10.1.2.3/16], users: ana}}
        rules:
          - {id: a, efect: block}
          - {id: b, when: {departments: [finanse]}, effect: block}
          - {id: c, when: {entities: [PERSOM]}, effect: reroute}
    """)
    assert [line.split(" ")[:2] for line in found] == [
        ["3:7:", "P002:"],
        ["4:36:", "P002:"],
        ["4:57:", "P002:"],
        ["6:5:", "P002:"],
        ["6:13:", "P001:"],
        ["7:34:", "P005:"],
        ["8:5:", "P014:"],
        ["8:31:", "P005:"],
    ]


def test_keys_never_get_into_messages(problems):
    [found] = problems(HEAD + "models: {m: {backend: openai, model: x, base_url: 'http://a', api_key_env: 'sk-123'}}\n")
    assert "sk-123" not in found


def test_empty_parts_are_fine(load):
    policy = load("departments: {finance: , support: {}}\nrules: []\n")
    assert set(policy.departments) == {"finance", "support"}
    assert policy.rules == ()
