"""The evidence of a choice: what was wanted, measured and chosen, as a file whose SHA-256 stands in the policy.

It holds figures and hashes, and no example.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from local_models.errors import ModelError
from local_models.tasks.choose import Choice
from local_models.tasks.task import Example, Task

SCHEMA = "privet.evidence/1"
FILE = "evidence.json"


def hash_of_examples(examples: Sequence[Example]) -> str:
    """SHA-256 of examples, in whatever order they stand."""
    lines = sorted(json.dumps([one.input, one.output, one.source], sort_keys=True) for one in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def document(task: Task, examples: Sequence[Example], choice: Choice, moment: datetime) -> dict[str, Any]:
    """What was measured, as JSON has it."""
    wanted = choice.wanted
    return {
        "schema": SCHEMA,
        "task": task.id,
        "task_revision": task.revision,
        "examples": {
            "count": len(examples),
            "sources": sorted({one.source for one in examples if one.source}),
            "sha256": hash_of_examples(examples),
        },
        "left_out": "sources" if choice.by_source else "items",
        "wanted": {
            "target": wanted.target,
            "certain": wanted.certain,
            "max_false_alarms": wanted.max_false_alarms,
            "max_ms": wanted.max_ms,
            "least_answered": wanted.least_answered,
        },
        "candidates": [one.plain() for one in choice.figures],
        "chosen": choice.chosen,
        "needed": choice.needed,
        "measured": moment.isoformat(timespec="seconds"),
    }


def write_evidence(directory: Path, evidence: dict[str, Any]) -> str:
    """Write the file beside the answerer and return `sha256:…`. Raises `ModelError`."""
    text = json.dumps(evidence, indent=1, ensure_ascii=False) + "\n"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"can't write the evidence to {directory}: {error.strerror}") from None
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def doubts(directory: Path, pinned: str, task: Task | None) -> str | None:
    """Why a choice's evidence no longer holds; None if it does."""
    path = directory / FILE
    try:
        raw = path.read_bytes()
        evidence = json.loads(raw)
    except OSError as error:
        return f"its evidence {path} can't be read: {error.strerror}"
    except ValueError:
        return f"its evidence {path} is no JSON"
    if pinned != f"sha256:{hashlib.sha256(raw).hexdigest()}":
        return f"its evidence {path} is another than the one that was pinned"
    if task is not None and (not isinstance(evidence, dict) or evidence.get("task_revision") != task.revision):
        return f"the task {task.id} or its examples were changed since it was measured"
    return None
