"""Remarks on models that were chosen by evidence."""

from pathlib import Path

from console.evidence import doubts_of
from policy.model import ModelTarget, Policy


def _policy(*models: ModelTarget) -> Policy:
    return Policy(id="ours", revision="", models={one.name: one for one in models})


def test_models_without_evidence_are_not_doubted() -> None:
    assert doubts_of(_policy(ModelTarget("inside", "embedded", "smollm2-135m")), None) == []


def test_evidence_that_is_gone_is_told(tmp_path: Path) -> None:
    target = ModelTarget("sorter", "task", "mail", task="mail", place=tmp_path, evidence="sha256:" + "0" * 64)
    (remark,) = doubts_of(_policy(target), None)
    assert remark.startswith("models.sorter: its evidence")
    assert "privet models choose" in remark
