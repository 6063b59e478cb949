"""What the demonstration shows: per request three panels and the decision; at the end a summary.

Side by side where there is room, one below the other on narrow terminals; without colour where none is wanted.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.scenes import Played, Scene

SIDE_BY_SIDE = 118  # columns from which three panels are readable
WIDEST = 180
LIKELY = 500  # of 1000: labels below are not shown
EFFECT_STYLES = {"allow": "green", "reroute": "yellow", "block": "red"}
_TOKEN = re.compile(r"\b[A-Z][A-Z_]+_[0-9A-Z]{8}\b")


def console(width: int | None = None) -> Console:
    """Standard output. Rich honours NO_COLOR and COLUMNS; very wide terminals aren't used to the full."""
    made = Console(highlight=False, width=width)
    if width is None:
        made.width = min(made.width, WIDEST)
    return made


def scene_view(place: str, scene: Scene, played: Played, event: Mapping[str, Any], width: int) -> Group:
    """Everything about one request. `place` says which of how many; `event` is its record in the audit log."""
    person = scene.person
    return Group(
        Rule(Text.assemble((f" {place} ", "reverse"), " ", (scene.title, "bold")), align="left", style="dim"),
        Text.assemble(("Who      ", "bold"), f"{person.name}, {person.department}", (f"   {person.way.value}", "dim")),
        Text.assemble(("SDK      ", "bold"), scene.sdk),
        _panels(scene, played, width),
        _decision(scene, played, event),
        Text(""),
    )


def _panels(scene: Scene, played: Played, width: int) -> RenderableType:
    secrets = scene.secret
    if played.arrived is None:
        arrived = Text("nothing: 0 bytes of this request", style="bold")
    elif scene.byte_identical:
        arrived = Text.assemble(_marked(played.arrived, secrets), ("\n\n= byte for byte what was sent", "green"))
    else:
        arrived = _marked(played.arrived, secrets)
    panels = [
        Panel(_marked(played.sent, secrets), title="sent", title_align="left", box=box.ROUNDED, border_style="blue"),
        Panel(arrived, title="what reached the vendor", title_align="left", box=box.ROUNDED, border_style="magenta"),
        Panel(
            _marked(played.returned, secrets),
            title="what came back",
            title_align="left",
            box=box.ROUNDED,
            border_style=EFFECT_STYLES[scene.effect],
        ),
    ]
    if width < SIDE_BY_SIDE:
        return Group(*panels)
    grid = Table.grid(expand=True)
    for _ in panels:
        grid.add_column(ratio=1, overflow="fold")
    grid.add_row(*panels)
    return grid


def _decision(scene: Scene, played: Played, event: Mapping[str, Any]) -> Text:
    decision, entities, labels = event["decision"], event.get("entities", ()), event.get("labels", ())
    effect = str(decision["effect"])
    word = f"{effect}, with tokens" if effect == "allow" and entities and not scene.byte_identical else effect
    rules = decision.get("matched_rules") or decision.get("determining_rules") or ()
    found = ", ".join(f"{entity['type']} x{entity['count']}" for entity in entities) or "nothing sensitive"
    likely = (label for label in labels if int(label["score"]) >= LIKELY)
    kinds = ", ".join(f"{label['name']} {int(label['score']) / 1000:.2f}" for label in likely)
    return Text.assemble(
        ("Decided  ", "bold"),
        (word.upper(), f"bold {EFFECT_STYLES[effect]}"),
        ("   by  ", "bold"),
        ", ".join(map(str, rules)) or "the default",
        ("\nFound    ", "bold"),
        found + (f"; looks like {kinds}" if kinds else ""),
        ("\nId       ", "bold"),
        played.decision_id,
    )


def summary(rows: Sequence[tuple[str, str]]) -> Table:
    """The closing table."""
    table = Table(box=box.SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, value)
    return table


def _marked(text: str, secrets: Sequence[str]) -> Text:
    """The text with what is sensitive and what stands for it made visible."""
    marked = Text(text)
    for value in secrets:
        marked.highlight_words([value], style="bold red")
    marked.highlight_regex(_TOKEN, style="bold cyan")
    return marked
