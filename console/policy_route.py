"""Writes a route into a policy file: a model for a task and the rule that sends its requests there.

Comments and order of the file stay. What was written is read again as a policy before it takes the file's place.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from configs.yaml_source import Problem, SourceError


@dataclass(frozen=True, slots=True)
class Route:
    """What is written: `models.NAME` and, unless one sends there already, a rule for the task."""

    name: str
    task: str
    answerer: str
    evidence: str
    min_confidence: float = 0.0
    escalate: tuple[str, ...] = ()


def write_route(path: Path, route: Route) -> list[str]:
    """Put the route into the policy and say what was changed. Raises `SourceError`; then the file is as it was."""
    from policy.load import load_policy  # noqa: PLC0415 - slow, and only here

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError([Problem(str(path), 1, 1, f"can't be read: {type(error).__name__}")]) from None
    load_policy(path)  # a file with mistakes is left alone
    tree = yaml.load(before)
    changed = _put(tree, route)
    text = io.StringIO()
    yaml.dump(tree, text)
    # Beside the file, so that what it names by relative paths is found; hidden, and with the mode of the first one.
    trial = path.with_name(f".{path.name}.choose.yaml")
    trial.write_text(text.getvalue(), encoding="utf-8")
    try:
        trial.chmod(path.stat().st_mode)
        load_policy(trial)
        trial.replace(path)
    finally:
        trial.unlink(missing_ok=True)
    return changed


def _put(tree: Any, route: Route) -> list[str]:
    entry: dict[str, Any] = {"backend": "task", "task": route.task, "answerer": route.answerer}
    if route.escalate:
        entry |= {"min_confidence": round(route.min_confidence, 4), "escalate": list(route.escalate)}
    entry["evidence"] = route.evidence
    models = tree.setdefault("models", CommentedMap())
    if route.name in models:
        for key in [key for key in models[route.name] if key not in entry]:
            del models[route.name][key]
        models[route.name].update(entry)
    else:
        models[route.name] = CommentedMap(entry)
    changed = [f"models.{route.name}"]
    rules = tree.setdefault("rules", CommentedSeq())
    if not any(_sends(rule, route.name) for rule in rules):
        target = CommentedMap({"to": route.name})
        target.fa.set_flow_style()
        when = CommentedMap({"tasks": CommentedSeq([route.task])})
        when.fa.set_flow_style()
        duties = CommentedSeq([target])
        duties.fa.set_flow_style()
        rule = {"id": f"task-{route.task}", "when": when, "effect": "reroute", "obligations": duties}
        rules.append(CommentedMap(rule))
        changed.append(f"rules: task-{route.task}")
    return changed


def _sends(rule: Any, name: str) -> bool:
    duties: Sequence[Any] = rule.get("obligations", ()) if isinstance(rule, dict) else ()
    return any(isinstance(duty, dict) and duty.get("to") == name for duty in duties)
