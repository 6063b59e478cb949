"""What refusals say and with which status. In which situation each comes is tested with the pipeline."""

from dataclasses import replace

import pytest

from detectors.finding import Skipped, SkipReason
from policy.decision import Decision, Effect, Mode
from proxy.message import Extraction
from proxy.pipeline import Inspection
from proxy.refusals import refusal_of

DECISION = Decision(
    id="01", effect=Effect.BLOCK, mode=Mode.ENFORCE, policy_id="p", policy_revision="r", department="default"
)
NOTHING = Inspection(extraction=Extraction(segments=()), findings={})


@pytest.mark.parametrize(
    ("rules", "inspection", "status", "says"),
    [
        (("closed",), NOTHING, 403, "This request may not leave."),
        (("privet.fail_closed",), replace(NOTHING, error="KeyError", status=503), 503, "Privet failed while"),
        (("privet.fail_closed",), replace(NOTHING, error="too_many_new_connections", status=429), 429, "new_conn"),
        (("privet.fail_closed",), replace(NOTHING, error="bodies_too_large", status=503), 503, "inflight_bytes"),
        (
            ("defaults.when_uninspected",),
            replace(NOTHING, skipped=(Skipped("/a", SkipReason.TIMEOUT),), status=503),
            503,
            "could not be inspected (timeout)",
        ),
        (("closed",), replace(NOTHING, skipped=(Skipped("/a", SkipReason.TIMEOUT),), status=503), 403, "may not leave"),
    ],
)
def test_words_and_status(rules: tuple[str, ...], inspection: Inspection, status: int, says: str) -> None:
    refusal = refusal_of(replace(DECISION, determining_rules=rules), inspection)
    assert refusal.status == status
    assert says in refusal.message
    assert refusal.rules == rules


def test_the_policy_has_its_own_words() -> None:
    refusal = refusal_of(replace(DECISION, determining_rules=("closed",), message="Ask Bob."), NOTHING)
    assert (refusal.message, refusal.status) == ("Ask Bob.", 403)
