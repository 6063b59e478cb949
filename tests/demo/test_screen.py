"""What the demonstration shows fits the terminal, and needs no colour."""

import io

import pytest
from rich.console import Console

from demo import screen
from demo.scenes import SCENES, Played

PLAYED = Played(
    sent="Marta Kowalczyk asks",
    sent_body=b"",
    arrived_bodies=(b"x",),
    arrived="PERSON_7KQ2MX asks",
    returned="You said: Marta Kowalczyk asks",
    decision_id="01KAV3",
)
EVENT = {
    "decision": {"effect": "allow", "matched_rules": ["customers"], "determining_rules": []},
    "entities": [{"type": "PERSON", "count": 1}],
    "labels": [{"name": "customer", "score": 912}, {"name": "legal", "score": 20}],
}


def shown(width, played=PLAYED, scene=SCENES[0], **options):
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, **options)
    console.print(screen.scene_view("1/6", scene, played, EVENT, width))
    return out.getvalue()


def test_side_by_side_where_there_is_room():
    lines = shown(160).splitlines()
    titles = [line for line in lines if " sent " in line]
    assert all(name in titles[0] for name in ("sent", "what reached the vendor", "what came back"))


def test_stacked_on_narrow_terminals():
    text = shown(80)
    titles = [line for line in text.splitlines() if "sent" in line and "─" in line]
    assert not any("what came back" in line for line in titles)
    assert max(map(len, text.splitlines())) <= 80
    for part in ("PERSON_7KQ2MX asks", "customers", "PERSON x1", "customer 0.91", "01KAV3", "ALLOW"):
        assert part in text
    assert "legal" not in text


def test_no_escapes_without_a_terminal_or_colour(monkeypatch):
    assert "\x1b" not in shown(80)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in shown(80, force_terminal=True)  # bold may stay, colours may not


def test_a_request_that_never_arrived():
    played = Played(**{name: getattr(PLAYED, name) for name in Played.__slots__} | {"arrived": None})
    assert "nothing: 0 bytes of this request" in shown(80, played)


@pytest.mark.parametrize(("columns", "expected"), [("80", 80), ("400", screen.WIDEST)])
def test_console_width(monkeypatch, columns, expected):
    monkeypatch.setenv("COLUMNS", columns)
    assert screen.console().width == expected
    assert screen.console(99).width == 99
