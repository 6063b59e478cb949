import pytest

from detectors.finding import Finding
from policy.acted import acted_on
from policy.load import load_policy

POLICY = """
schema: privet.policy/1
id: measured
defaults: {effect: allow}
rules:
  - id: people
    when: {entities: [{type: PERSON, min_score: 0.7}]}
    obligations: [{tokenize: {types: [PERSON], restore: true}}]
  - id: keys
    when: {entities: [API_KEY]}
    effect: block
"""


def finding(kind, score=0.9):
    return Finding(0, 3, kind, score, "fake")


@pytest.mark.parametrize(
    ("found", "acted"),
    [
        ([], []),
        ([finding("PERSON")], ["PERSON"]),
        ([finding("PERSON", 0.6)], []),
        ([finding("LOCATION")], []),
        ([finding("PERSON"), finding("LOCATION")], ["PERSON"]),
        ([finding("LOCATION"), finding("API_KEY")], ["LOCATION", "API_KEY"]),  # the whole text stays
    ],
)
def test_what_a_policy_does_something_about(tmp_path, found, acted):
    (tmp_path / "policy.yaml").write_text(POLICY)
    decide = acted_on(load_policy(tmp_path / "policy.yaml"))
    assert [one.entity_type for one in decide(found)] == acted
