"""The values of a decision: their order, and that they can't be changed."""

from dataclasses import FrozenInstanceError

import pytest

from detectors.finding import Skipped, SkipReason
from policy.decision import Decision, Direction, Effect, EntityFact, Inquiry, Mode, Operator


def test_effects_rise():
    assert Effect.ALLOW < Effect.REROUTE < Effect.BLOCK
    assert list(Operator) == [Operator.MASK, Operator.TOKENIZE, Operator.SURROGATE, Operator.REDACT]


@pytest.mark.parametrize(("mode", "enforced"), [(Mode.ENFORCE, True), (Mode.MONITOR, False)])
def test_enforced(mode, enforced):
    decision = Decision(
        id="d", effect=Effect.BLOCK, mode=mode, policy_id="p", policy_revision="r", department="default"
    )
    assert decision.enforced is enforced
    with pytest.raises(FrozenInstanceError):
        decision.effect = Effect.ALLOW


@pytest.mark.parametrize(("operator", "reversible"), list(zip(Operator, (False, True, True, False), strict=True)))
def test_reversible(operator, reversible):
    assert operator.reversible is reversible


def test_an_inquiry_about_the_reply_keeps_who_and_where_alone():
    part = Skipped("/x", SkipReason.TIMEOUT)
    asked = Inquiry(department="d", user="u", entities=(EntityFact("JWT", 1.0),), skipped=(part,), error="x", host="h",
                    spent=("rate",), justified=("*",))  # fmt: skip
    about = asked.of_reply((EntityFact("PERSON", 0.9, "assistant"),))
    assert about == Inquiry(
        department="d", user="u", entities=(EntityFact("PERSON", 0.9, "assistant"),), host="h",
        direction=Direction.REPLY,
    )  # fmt: skip
    assert asked.of_reply((), (part,), "y").skipped == (part,)


def test_an_inquiry_holds_no_text():
    assert not {"text", "value", "content"} & {*Inquiry.__slots__, *EntityFact.__slots__}
