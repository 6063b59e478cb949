"""The values of a decision: their order, and that they can't be changed."""

from dataclasses import FrozenInstanceError

import pytest

from policy.decision import Decision, Effect, EntityFact, Inquiry, Mode, Operator


def test_effects_rise():
    assert Effect.ALLOW < Effect.REROUTE < Effect.BLOCK
    assert list(Operator) == [Operator.MASK, Operator.TOKENIZE, Operator.REDACT]


@pytest.mark.parametrize(("mode", "enforced"), [(Mode.ENFORCE, True), (Mode.MONITOR, False)])
def test_enforced(mode, enforced):
    decision = Decision(
        id="d", effect=Effect.BLOCK, mode=mode, policy_id="p", policy_revision="r", department="default"
    )
    assert decision.enforced is enforced
    with pytest.raises(FrozenInstanceError):
        decision.effect = Effect.ALLOW


def test_an_inquiry_holds_no_text():
    assert not {"text", "value", "content"} & {*Inquiry.__slots__, *EntityFact.__slots__}
