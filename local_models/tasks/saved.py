"""Answerers that were written down, and chat models by their name: `load_answerer` gives either, ready to answer.

A directory holds `answerer.json`, which says what kind it is and which task it was made for. One that was made for
another task, or before its task was changed, is refused: what was measured of it wouldn't hold.
"""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_models.chat import load_chat
from local_models.errors import ModelError
from local_models.tasks.answerer import Answerer
from local_models.tasks.generate import KIND, SHOTS, FewShot
from local_models.tasks.stored import ABOUT_FILE, read_about
from local_models.tasks.task import Example, Task

# Kind → where its `load(directory, task)` is. Each is imported only when one of that kind is used.
_LOADERS: Mapping[str, str] = {
    "heads": "local_models.tasks.heads_answerer",
    "spans": "local_models.tasks.spans",
}


def load_answerer(task: Task, name: str, place: Path | None) -> Answerer:
    """The answerer in the directory `place`, or without one the chat model `name`. Raises `ModelError`."""
    if place is None:
        return FewShot(load_chat(name), name).fit(task, task.positives)
    data = read_about(place, task)
    kind = str(data.get("kind"))
    if kind == KIND:
        return _few_shot(data, task, place)
    module = _LOADERS.get(kind)
    if module is None:
        known = ", ".join(sorted([KIND, *_LOADERS]))
        raise ModelError(f"{place / ABOUT_FILE} is of kind {kind!r}, expected {known}. Choose one anew")
    load: Callable[[Path, Task], Answerer] = importlib.import_module(module).load
    return load(place, task)


def _few_shot(data: Mapping[str, Any], task: Task, place: Path) -> FewShot:
    try:
        model, right = str(data["model"]), float(data["right"])
        shown = tuple(Example(str(one["input"]), one["output"]) for one in data["shown"])
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"{place / ABOUT_FILE} lacks what an answerer of its kind needs. Choose one anew") from None
    return FewShot(load_chat(model), model, len(shown) or SHOTS, right, task=task, shown=shown)
