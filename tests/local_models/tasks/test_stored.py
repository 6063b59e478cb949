"""A fitted answerer on disk: bound to its task and its arrays' hash, and never a pickle."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from local_models.errors import ModelError
from local_models.tasks.stored import read_stored, write_stored
from local_models.tasks.task import SHIPPED, load_task

TASK = load_task(SHIPPED / "invoice_dates")
MADE_FOR = {"task": TASK.id, "task_revision": TASK.revision}


def test_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_stored(tmp_path / name, "spans", {"x": np.ones(3)}, {**MADE_FOR, "n": 1.5})
    assert (tmp_path / "a/answerer.npz").read_bytes() == (tmp_path / "b/answerer.npz").read_bytes()
    stored = read_stored(tmp_path / "a", "spans", TASK)
    assert stored.array("x", (3,)).tolist() == [1, 1, 1]
    assert stored.number("n") == 1.5


def test_what_is_not_there_or_not_as_expected_is_told(tmp_path: Path) -> None:
    write_stored(tmp_path, "spans", {"x": np.full(3, np.nan)}, {**MADE_FOR, "n": "many"})
    stored = read_stored(tmp_path, "spans", TASK)
    with pytest.raises(ModelError, match="finite"):
        stored.array("x", (3,))
    with pytest.raises(ModelError, match="y is nothing"):
        stored.array("y", (3,))
    with pytest.raises(ModelError, match="no number"):
        stored.number("n")
    with pytest.raises(ModelError, match="of kind 'spans', expected 'heads'"):
        read_stored(tmp_path, "heads", TASK)


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.asarray([{"a": 1}], dtype=object))
    (tmp_path / "answerer.npz").write_bytes(buffer.getvalue())
    about = {"schema": "privet.answerer/1", "kind": "spans", **MADE_FOR}
    about["sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()
    (tmp_path / "answerer.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="holds no arrays"):
        read_stored(tmp_path, "spans", TASK)


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="can't write"):
        write_stored(tmp_path / "file", "spans", {}, MADE_FOR)
