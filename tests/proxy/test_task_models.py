from dataclasses import replace

import pytest

from policy.load import load_policy
from proxy.answer import Answerer
from proxy.errors import WorkerError
from proxy.task_models import start_doers, start_models, task_router
from tests.local_models.tasks.test_task import folder

MODELS = "models: {{sorter: {{backend: task, task: {task}, answerer: {answerer}}}}}\n"
RULES = "rules: [{id: r, when: {tasks: [x]}, effect: reroute, obligations: [{to: sorter}]}]\n"


class Pool:
    made: list["Pool"]

    def __init__(self, job, factory, options):
        self.job, self.factory, self.options, self.running = job, factory, options, None
        Pool.made.append(self)

    async def start(self):
        if self.options.get("answerer") == "broken":
            raise WorkerError("it doesn't start")
        self.running = True

    async def close(self):
        self.running = False


@pytest.fixture
def policy(tmp_path):
    Pool.made = []

    def load(task="email_categorisation", answerer="smollm2-135m", rules=RULES, models=MODELS):
        text = "schema: privet.policy/1\nid: a\n" + models.format(task=task, answerer=answerer) + rules
        (tmp_path / "policy.yaml").write_text(text)
        return load_policy(tmp_path / "policy.yaml")

    return load


async def test_a_policy_without_tasks_needs_no_router(policy):
    assert await task_router(policy(rules=""), None, None) is None


async def test_the_router_stays_while_the_tasks_do(policy, tmp_path):
    own = tmp_path / "tasks"
    own.mkdir()
    folder(own / "sort")
    first = await task_router(policy(), own, None)
    assert set(first.tasks) == {"email_categorisation", "invoice_dates", "sort_tickets"}
    assert await task_router(policy(), own, first) is first
    assert await task_router(policy(), None, first) is not first


async def test_a_task_that_nobody_knows_is_told(policy):
    with pytest.raises(WorkerError, match=r"the task 'sort_tickets', which nobody knows\. Known: email_categorisation"):
        await task_router(policy(task="sort_tickets"), None, None)


async def test_workers_follow_the_policy(policy, tmp_path):
    answerer = Answerer(pools={}, session=None, deadline=1)
    router = await task_router(policy(), None, None)
    await start_doers(policy(), None, answerer, Pool, router)
    await start_doers(policy(), None, answerer, Pool, router)
    (first,) = Pool.made
    assert first.options == {
        "revision": router.tasks["email_categorisation"].revision,
        "evidence": "",
        "task": "email_categorisation",
        "answerer": "smollm2-135m",
        "place": None,
        "directory": None,
    }
    await start_doers(policy(answerer="chosen/sorter"), None, answerer, Pool, router)
    _, second = Pool.made
    assert second.options["place"] == str(tmp_path.resolve() / "chosen/sorter")
    assert (first.running, second.running, answerer.doers) == (False, True, {"sorter": second})
    await start_doers(policy(rules=""), None, answerer, Pool, router)
    assert (second.running, answerer.doers) == (False, {})


async def test_what_was_chosen_anew_or_does_another_task_has_a_new_worker(policy):
    answerer = Answerer(pools={}, session=None, deadline=1)
    router = await task_router(policy(), None, None)
    first, other = (MODELS.replace("{answerer}", f"{{answerer}}, evidence: 'sha256:{one * 64}'") for one in "ab")
    await start_doers(policy(models=first), None, answerer, Pool, router)
    await start_doers(policy(models=other), None, answerer, Pool, router)
    changed = {name: replace(one, prompt="Otherwise: {input}") for name, one in router.tasks.items()}
    await start_doers(policy(models=other), None, answerer, Pool, replace(router, tasks=changed))
    assert [pool.running for pool in Pool.made] == [False, False, True]


async def test_where_one_does_not_start_the_old_ones_stay_and_no_new_one_is_left(policy):
    answerer = Answerer(pools={}, session=None, deadline=1)
    await start_doers(policy(), None, answerer, Pool, None)
    two = MODELS.replace("models: {{sorter", "models: {{other: {{backend: task, task: x, answerer: y}}, sorter")
    rules = RULES.replace(
        "[{id: r", "[{id: o, when: {tasks: [y]}, effect: reroute, obligations: [{to: other}]}, {id: r"
    )
    with pytest.raises(WorkerError):
        await start_doers(policy(models=two, rules=rules, answerer="broken"), None, answerer, Pool, None)
    old, *new = Pool.made
    assert answerer.doers == {"sorter": old}
    assert old.running
    assert [pool.running for pool in new] == [False, False]


async def test_all_that_a_policy_needs(policy):
    answerer = Answerer(pools={}, session=None, deadline=1)
    rules = RULES.replace("[{id: r", "[{id: e, effect: reroute, obligations: [{to: chat}]}, {id: r")
    both = "sorter, escalate: [chat]}, chat: {backend: embedded, model: smollm2-135m"
    router = await start_models(policy(answerer=both, rules=rules), None, answerer, Pool, None)
    assert set(router.tasks) == {"email_categorisation", "invoice_dates"}
    assert sorted(pool.job for pool in Pool.made) == ["chat", "task"]
    assert all(pool.running for pool in Pool.made)
