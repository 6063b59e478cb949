"""Which findings of a text a policy does something about: what detection is measured by (`privet eval detect`)."""

from collections.abc import Callable, Sequence

from detectors.finding import Finding
from policy.decision import Effect, EntityFact, Inquiry
from policy.evaluate import evaluate
from policy.model import Policy


def acted_on(policy: Policy, department: str = "") -> Callable[[Sequence[Finding]], Sequence[Finding]]:
    """For the findings of one text, those that don't go as they are: changed, or kept in with the whole text."""

    def acted(findings: Sequence[Finding]) -> Sequence[Finding]:
        if not findings:
            return ()
        facts = tuple(EntityFact(one.entity_type, one.score) for one in findings)
        decision = evaluate(policy, Inquiry(department, entities=facts), decision_id="measured")
        if decision.effect is not Effect.ALLOW:
            return findings
        least = {action.entity_type: action.min_score for action in decision.actions}
        return [one for one in findings if one.score >= least.get(one.entity_type, 2.0)]

    return acted
