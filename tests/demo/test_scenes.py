"""Each claim of the demonstration is one that can fail."""

from dataclasses import replace

import pytest

from demo.people import TOM
from demo.scenes import SCENES, Played, Scene, broken_claims

SCENE = Scene(
    title="t",
    sdk="s",
    person=TOM,
    play=lambda desk, world: ("", ""),
    text=str,
    effect="allow",
    rules=("customers",),
    secret=("Ana Torres",),
    back=("Ana Torres",),
)
PLAYED = Played(
    sent="Ana Torres",
    sent_body=b'"Ana Torres"',
    arrived_bodies=(b'"PERSON_7KQ2MX"',),
    arrived="PERSON_7KQ2MX",
    returned="You said: Ana Torres",
    decision_id="01K",
)
DECISION = {"effect": "allow", "matched_rules": ["customers"], "determining_rules": ["defaults.effect"]}


def test_nothing_is_broken_when_all_holds():
    assert broken_claims(SCENE, PLAYED, DECISION) == []


@pytest.mark.parametrize(
    ("scene", "played", "decision", "expected"),
    [
        (SCENE, replace(PLAYED, arrived_bodies=(b'"Ana Torres"',)), DECISION, "secret value 1 reached the vendor"),
        (SCENE, replace(PLAYED, arrived_bodies=()), DECISION, "the request did not reach the vendor"),
        (replace(SCENE, reaches_vendor=False), PLAYED, DECISION, "the request reached the vendor"),
        (SCENE, replace(PLAYED, returned="You said: PERSON_7KQ2MX"), DECISION, "expected value 1 did not come back"),
        (replace(SCENE, byte_identical=True), PLAYED, DECISION, "not byte for byte"),
        (replace(SCENE, raises=ValueError), PLAYED, DECISION, "expected ValueError, got NoneType"),
        (SCENE, replace(PLAYED, error=ValueError()), DECISION, "expected NoneType, got ValueError"),
        (SCENE, PLAYED, {**DECISION, "effect": "block"}, "the audit log says block"),
        (SCENE, PLAYED, {**DECISION, "matched_rules": []}, "rule customers is not in the audit log"),
    ],
)
def test_broken_claims(scene, played, decision, expected):
    (claim,) = broken_claims(scene, played, decision)
    assert expected in claim
    assert "Ana" not in claim


def test_every_effect_is_shown():
    assert {scene.effect for scene in SCENES} == {"allow", "reroute", "block"}
    assert {scene.person.department for scene in SCENES} == {"finance", "support", "engineering"}
    assert {scene.person.way for scene in SCENES} == set(type(TOM.way))
