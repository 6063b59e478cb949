"""`python -m demo` runs, checks its own claims, and says what happened."""

import contextlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import demo.__main__ as program
from demo.scenes import AWS_KEY, CUSTOMER, EMAIL, IBAN, SCENES, Played

ROOT = Path(__file__).resolve().parents[2]

GOOD = Played(
    sent="",
    sent_body=b"sent",
    arrived_bodies=(b"tokens",),
    arrived="tokens",
    returned=f"{CUSTOMER} {EMAIL} {IBAN}",
    decision_id="01K",
)
INTENT = {"kind": "intent", "decision_id": "01K", "decision": {"effect": "allow", "matched_rules": ["customers"]}}


def demo(**environ):
    return subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        env={**os.environ, "NO_COLOR": "1", **environ},
    )


@pytest.mark.slow
@pytest.mark.e2e
def test_it_runs_and_every_claim_holds():
    result = demo(COLUMNS="160")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "DOES NOT HOLD" not in result.stdout
    for number in range(1, len(SCENES) + 1):
        assert f" {number}/{len(SCENES)} " in result.stdout
    for word in ("PermissionDeniedError (403)", "REROUTE", "BLOCK", "ALLOW, WITH TOKENS", "What to try next"):
        assert word in result.stdout


@pytest.fixture
def staged(monkeypatch):
    """The demonstration with one scene whose result the test gives, and nothing running."""

    def stage(played, events=(INTENT,), stored=b"", verified=0):
        result = subprocess.CompletedProcess([], verified, "verified", "")
        privet = SimpleNamespace(metric=lambda name: 1.0, privet=lambda *arguments, check: result)
        vendor = SimpleNamespace(requests=[], http_bytes=0)
        world = SimpleNamespace(
            privet=privet, vendor=vendor, start_seconds=1.0, audit=lambda: list(events), stored=lambda: stored
        )
        monkeypatch.setattr(program, "SCENES", SCENES[:1])
        monkeypatch.setattr(program, "running", lambda policy: contextlib.nullcontext(world))
        monkeypatch.setattr(program, "perform", lambda scene, world: played)
        monkeypatch.setattr(sys, "argv", ["demo"])
        return program.main()

    return stage


def test_claims_that_do_not_hold_are_told(staged, capsys):
    assert staged(replace(GOOD, arrived_bodies=(IBAN.encode(),))) == 1
    assert "DOES NOT HOLD: 1: secret value 3 reached the vendor" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"events": ()}, "the audit log has no record of 01K"),
        ({"stored": IBAN.encode()}, "a sensitive value is in what Privet stored"),
        ({"verified": 3}, "privet audit verify ended with 3"),
    ],
)
def test_what_privet_kept_is_checked(staged, capsys, options, told):
    assert staged(GOOD, **options) == 1
    assert f"DOES NOT HOLD: {told}" in capsys.readouterr().out.replace("1: ", "")


def test_a_good_run_says_what_to_try_next(staged, capsys):
    assert staged(GOOD) == 0
    assert "What to try next" in capsys.readouterr().out


def test_it_says_why_it_can_not_run(monkeypatch, capsys):
    def running(policy):
        raise RuntimeError("privet serve ended with 2:\npolicy.yaml:1:9: expected …")

    monkeypatch.setattr(program, "running", running)
    monkeypatch.setattr(sys, "argv", ["demo"])
    assert program.main() == 1
    assert "policy.yaml:1:9" in capsys.readouterr().out


def test_values_are_what_detection_looks_for():
    assert AWS_KEY.startswith("AKIA")
    digits = "".join(str(int(char, 36)) for char in (IBAN[4:] + IBAN[:4]).replace(" ", ""))
    assert int(digits) % 97 == 1


def test_the_policys_own_cases_hold():
    result = subprocess.run(
        [Path(sys.executable).with_name("privet"), "policy", "test", ROOT / "demo/policy.yaml"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
