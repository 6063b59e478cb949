"""Models of backend task; those of the other backends are in test_read.py."""

import pytest

HEAD = "schema: privet.policy/1\nid: acme\n"
SORTER = "backend: task, task: sort, answerer: answerers/sort"
RULES = "rules: [{id: r, when: {tasks: [sort]}, effect: reroute, obligations: [{to: sorter}]}]\n"


def test_a_model_that_does_a_task(load, tmp_path):
    policy = load(f"""
        models:
          sorter: {{{SORTER}, min_confidence: 0.9, escalate: [large, vendor], evidence: "sha256:{"0a" * 32}", seconds: 5}}
          large: {{backend: openai, model: qwen3, base_url: "http://vllm.internal/v1"}}
          unused: {{backend: embedded, model: smollm2-135m}}
        {RULES.rstrip()}
    """)
    sorter = policy.models["sorter"]
    assert (sorter.backend, sorter.task, sorter.min_confidence, sorter.escalate) == ("task", "sort", 0.9, ("large", "vendor"))  # fmt: skip
    assert sorter.place == tmp_path.resolve() / "answerers/sort"
    assert sorter.seconds == 5
    assert set(policy.targets()) == {"sorter", "large"}
    assert policy.tasks_used()
    assert policy.embedded_models() == set()


def test_a_chat_model_is_no_directory(load):
    policy = load("models: {sorter: {backend: task, task: sort, answerer: smollm2-135m}}\n" + RULES)
    assert policy.models["sorter"].place is None


def test_models_that_are_escalated_to_have_to_run(load):
    policy = load(
        f"models: {{sorter: {{{SORTER}, escalate: [chat]}}, chat: {{backend: embedded, model: smollm2-135m}}}}\n{RULES}"
    )
    assert policy.embedded_models() == {"smollm2-135m"}


def test_what_a_model_does_is_part_of_the_revision(load):
    revisions = {
        load(f"models: {{sorter: {{{SORTER}{more}}}, large: {{backend: embedded, model: smollm2-135m}}}}\n{RULES}").revision
        for more in ("", ", min_confidence: 0.5", ", escalate: [large]", ", escalate: [vendor]", f', evidence: "sha256:{"0" * 64}"')
    }  # fmt: skip
    assert len(revisions) == 5


def test_a_rule_about_a_task_asks_for_it_to_be_found_out(load):
    assert load("rules: [{id: a, when: {tasks: [x]}, effect: block}]\n").tasks_used()
    assert load("budgets: [{id: a, requests: 1, every: day, when: {tasks: [x]}}]\n").tasks_used()
    assert not load("rules: [{id: a, when: {labels: [hr]}, effect: block}]\n").tasks_used()
    assert not load(f"models: {{sorter: {{{SORTER}}}}}\n").tasks_used()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("backend: task", ["3:18: P002: answerer is missing: backend task needs it", "3:18: P002: task is missing: backend task needs it"]),
        (f"{SORTER}, model: x", ["3:72: P002: backend task has no model: name it as answerer"]),
        (f"{SORTER}, base_url: 'http://a'", ["3:72: P002: base_url is for backend openai; one of backend task has none"]),
        ("backend: embedded, model: smollm2-135m, escalate: [vendor]", ["3:59: P002: escalate is for backend task; one of backend embedded has none"]),
        (f"{SORTER}, min_confidence: 90", ["3:88: P002: expected a number from 0 to 1, got a number (90)"]),
        (f"{SORTER}, evidence: abc", ["3:82: P002: expected sha256: and 64 hexadecimal digits"]),
        (f"{SORTER}, escalate: []", ["3:82: P008: an empty list matches nothing. Leave the key out if it should not matter"]),
        (f"{SORTER}, escalate: [sorter]", ["3:83: P008: sorter can't escalate to itself", "3:83: P008: sorter does one task itself: expected a larger model, or vendor"]),
        (f"{SORTER}, escalate: [large]", ["3:83: P005: no model is called 'large'. Known: sorter, vendor"]),
        (f"{SORTER}, escalate: [vendor, vendor]", ["3:83: P008: nothing comes after vendor: what it was asked has left", "3:91: P008: vendor stands here twice"]),
    ],
)  # fmt: skip
def test_mistakes(problems, model, expected):
    assert problems(f"{HEAD}models: {{sorter: {{{model}}}}}\n") == expected


def test_vendor_is_no_models_name(problems):
    assert problems(f"{HEAD}models: {{vendor: {{backend: embedded, model: smollm2-135m}}}}\n") == [
        "3:10: P002: vendor is whom a request was for: call this model otherwise"
    ]
