"""A route written into a policy: comments stay, and a policy that would not load is left as it was."""

from pathlib import Path

import pytest

from configs.yaml_source import SourceError
from console.policy_route import Route, write_route
from policy.load import load_policy

POLICY = """# Who may ask what
schema: privet.policy/1
id: ours
defaults: {effect: allow}   # in the trial

models:
  inside: {backend: embedded, model: smollm2-135m}

rules:
  # Secrets never leave.
  - id: secrets
    when: {entities: [API_KEY]}
    effect: block
"""
ROUTE = Route("sorter", "email_categorisation", "answerers/email_categorisation", "sha256:" + "a" * 64)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def test_comments_stay_and_the_route_is_there(policy: Path) -> None:
    assert write_route(policy, ROUTE) == ["models.sorter", "rules: task-email_categorisation"]
    text = policy.read_text()
    assert all(comment in text for comment in ("# Who may ask what", "# in the trial", "# Secrets never leave."))
    loaded = load_policy(policy)
    assert loaded.models["sorter"].evidence == ROUTE.evidence
    assert {rule.id: rule.to for rule in loaded.rules} == {"secrets": None, "task-email_categorisation": "sorter"}
    assert [one.name for one in policy.parent.iterdir()] == ["policy.yaml"]


def test_written_again_it_is_replaced_and_not_doubled(policy: Path) -> None:
    write_route(policy, Route("sorter", "email_categorisation", "x", "sha256:" + "b" * 64, 0.87, ("inside",)))
    assert load_policy(policy).models["sorter"].escalate == ("inside",)
    assert write_route(policy, ROUTE) == ["models.sorter"]
    loaded = load_policy(policy)
    assert (loaded.models["sorter"].escalate, loaded.models["sorter"].min_confidence) == ((), 0.0)
    assert len(loaded.rules) == 2


def test_what_would_not_load_changes_nothing(policy: Path) -> None:
    with pytest.raises(SourceError, match="no model is called 'large'"):
        write_route(policy, Route("sorter", "email_categorisation", "x", ROUTE.evidence, 0.9, ("large",)))
    assert policy.read_text() == POLICY
    policy.write_text(POLICY + "nonsense: 1\n")
    with pytest.raises(SourceError, match="nonsense"):
        write_route(policy, ROUTE)
    with pytest.raises(SourceError, match="can't be read"):
        write_route(policy.parent / "none.yaml", ROUTE)
