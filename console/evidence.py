"""What speaks against the models of a policy that were chosen by evidence."""

from configs.settings import Settings
from configs.yaml_source import SourceError
from policy.model import Policy


def doubts_of(policy: Policy, settings: Settings | None) -> list[str]:
    """A remark for each model whose evidence is gone, another one, or of a task that was changed since."""
    chosen = [one for one in policy.models.values() if one.evidence]
    if not chosen:
        return []
    from local_models.tasks.evidence import doubts  # noqa: PLC0415 - numpy, which other policies don't need
    from local_models.tasks.task import known_tasks  # noqa: PLC0415 - the same

    try:
        tasks = known_tasks(settings.tasks.directory if settings is not None else None)
    except SourceError as error:
        return [str(problem) for problem in error.problems]
    found: list[str] = []
    for one in chosen:
        why = doubts(one.place, one.evidence, tasks.get(one.task)) if one.place is not None else None
        if why is not None:
            found.append(f"models.{one.name}: {why}. Measure anew with: privet models choose --write")
    return found
