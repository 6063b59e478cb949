"""The models inside, as a policy wants them: a worker pool for each that is embedded or does a task, and the router."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_models.tasks.router import Router
from local_models.tasks.task import known_tasks
from policy.model import ModelTarget, Policy
from proxy.answer import Answerer
from proxy.errors import WorkerError
from proxy.jobs import CHAT
from proxy.task_job import DOING
from proxy.workers import Pool

type MakePool = Callable[[str, str, Mapping[str, Any]], Pool]


async def start_models(
    policy: Policy, directory: Path | None, answerer: Answerer, make: MakePool, old: Router | None
) -> Router | None:
    """Start the workers of all the models that a policy needs; the router of its tasks. As the functions below."""
    router = await task_router(policy, directory, old)
    for model in sorted(policy.embedded_models()):
        if model not in answerer.pools:
            chat = make("chat", CHAT, {"model": model})
            await chat.start()
            answerer.pools = {**answerer.pools, model: chat}
    await start_doers(policy, directory, answerer, make, router)
    return router


async def task_router(policy: Policy, directory: Path | None, old: Router | None) -> Router | None:
    """The router that a policy needs, if it does. Raises `SourceError`, `WorkerError`."""
    if not policy.tasks_used():
        return old
    tasks = await asyncio.to_thread(known_tasks, directory)
    for target in policy.targets().values():
        if target.task and target.task not in tasks:
            known = ", ".join(sorted(tasks))
            raise WorkerError(
                f"the policy's model {target.name} does the task {target.task!r}, which nobody knows. Known: {known}. "
                "The setting tasks.directory names where the company's own are"
            )
    revisions = {one.id: one.revision for one in tasks.values()}
    if old is not None and revisions == {one.id: one.revision for one in old.tasks.values()}:
        return old
    return await asyncio.to_thread(Router.of, tasks)


async def start_doers(
    policy: Policy, directory: Path | None, answerer: Answerer, make: MakePool, router: Router | None
) -> None:
    """Start the workers of models that aren't there yet, and leave those that no policy wants. Raises `WorkerError`."""
    targets = {name: target for name, target in policy.targets().items() if target.backend == "task"}
    wanted = {name: _options(target, directory, router) for name, target in targets.items()}
    doers = {name: pool for name, pool in answerer.doers.items() if answerer.doing.get(name) == wanted.get(name)}
    new = {name: make("task", DOING, options) for name, options in wanted.items() if name not in doers}
    try:
        for pool in new.values():
            await pool.start()
    except BaseException:  # the old policy stays in force, and with it the old workers
        await asyncio.gather(*(pool.close() for pool in new.values()))
        raise
    left = [pool for name, pool in answerer.doers.items() if name not in doers]
    answerer.doers, answerer.doing = doers | new, wanted
    for pool in left:
        await pool.close()


def _options(target: ModelTarget, directory: Path | None, router: Router | None) -> dict[str, Any]:
    """What a worker has to know of its model. With another task or another evidence it is another worker."""
    task = None if router is None else router.tasks.get(target.task)
    return {
        "revision": "" if task is None else task.revision,
        "evidence": target.evidence,
        "task": target.task,
        "answerer": target.answerer,
        "place": None if target.place is None else str(target.place),
        "directory": None if directory is None else str(directory),
    }
