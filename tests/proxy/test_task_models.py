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
        self.running = True

    async def close(self):
        self.running = False


@pytest.fixture
def policy(tmp_path):
    Pool.made = []

    def load(task="email_categorisation", answerer="smollm2-135m", rules=RULES):
        text = "schema: privet.policy/1\nid: a\n" + MODELS.format(task=task, answerer=answerer) + rules
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
    await start_doers(policy(), None, answerer, Pool)
    await start_doers(policy(), None, answerer, Pool)
    (first,) = Pool.made
    assert first.options == {
        "task": "email_categorisation",
        "answerer": "smollm2-135m",
        "place": None,
        "directory": None,
    }
    await start_doers(policy(answerer="chosen/sorter"), None, answerer, Pool)
    _, second = Pool.made
    assert second.options["place"] == str(tmp_path.resolve() / "chosen/sorter")
    assert (first.running, second.running, answerer.doers) == (False, True, {"sorter": second})
    await start_doers(policy(rules=""), None, answerer, Pool)
    assert (second.running, answerer.doers) == (False, {})


async def test_all_that_a_policy_needs(policy):
    answerer = Answerer(pools={}, session=None, deadline=1)
    rules = RULES.replace("[{id: r", "[{id: e, effect: reroute, obligations: [{to: chat}]}, {id: r")
    both = "sorter, escalate: [chat]}, chat: {backend: embedded, model: smollm2-135m"
    router = await start_models(policy(answerer=both, rules=rules), None, answerer, Pool, None)
    assert set(router.tasks) == {"email_categorisation", "invoice_dates"}
    assert sorted(pool.job for pool in Pool.made) == ["chat", "task"]
    assert all(pool.running for pool in Pool.made)
