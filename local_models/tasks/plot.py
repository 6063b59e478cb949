"""A choice as a picture: how long an answer takes, against how many are right; an SVG that can be read aloud."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from local_models.tasks.choose import Choice, Figures

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 40, 52
_LABEL = 26  # characters


def plot(task: str, choice: Choice) -> str:
    """The SVG document. Beside the points, everything stands in its description as text."""
    shown = [one for one in choice.figures if one.items]
    low, high = _range(shown)
    body = "\n".join(_body(shown, choice, low, high))
    title = f"Candidates for {task}: milliseconds an answer against the share that is right"
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" \
aria-labelledby="title desc" font-family="sans-serif" font-size="12">
<title id="title">{escape(title)}</title>
<desc id="desc">{escape(_said(choice))}</desc>
<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>
{body}
</svg>
"""


def frontier(figures: Sequence[Figures]) -> list[Figures]:
    """Those that no other beats in both time and what is right, the fastest first."""
    best: list[Figures] = []
    for one in sorted((each for each in figures if each.items), key=lambda each: (each.p50_ms, -each.right)):
        if not best or one.right > best[-1].right:
            best.append(one)
    return best


def _said(choice: Choice) -> str:
    parts = [
        f"{one.name}: {one.right:.1%} right, at least {one.least:.1%}, {one.p50_ms:.3g} ms, {one.verdict}."
        for one in choice.figures
        if one.items
    ]
    chosen = f"Chosen: {choice.chosen}." if choice.chosen else "None meets it."
    return " ".join([f"Target {choice.wanted.target:.1%}.", *parts, chosen])


def _range(shown: Sequence[Figures]) -> tuple[float, float]:
    """The logarithms of the first and last milliseconds on the axis."""
    logs = [math.log10(max(one.p50_ms, 0.01)) for one in shown] or [0.0]
    return math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1)


def _body(shown: Sequence[Figures], choice: Choice, low: float, high: float) -> Iterator[str]:
    def across(ms: float) -> float:
        share = (math.log10(max(ms, 0.01)) - low) / (high - low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def down(share: float) -> float:
        return _TOP + (1.0 - share) * (_HEIGHT - _TOP - _BOTTOM)

    for tenth in range(0, 11, 2):
        y = down(tenth / 10)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10} %</text>'
    for power in range(int(low), int(high) + 1):
        yield f'<text x="{across(10.0**power):.1f}" y="{_HEIGHT - 30}" text-anchor="middle">{10.0**power:g}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">ms an answer (median)</text>'
    goal = down(choice.wanted.target)
    yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{goal:.1f}" y2="{goal:.1f}" stroke="#b00020" \
stroke-dasharray="6 4"/>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{goal - 6:.1f}" text-anchor="end" fill="#b00020">target</text>'
    points = " ".join(f"{across(one.p50_ms):.1f},{down(one.right):.1f}" for one in frontier(shown))
    yield f'<polyline points="{points}" fill="none" stroke="#666666"/>'
    for one in shown:
        x, y = across(one.p50_ms), down(one.right)
        chosen = one.name == choice.chosen
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{down(one.least):.1f}" y2="{down(one.most):.1f}" stroke="#1f4e79"/>'
        size, colour = (7, "#0a7d32") if chosen else (4, "#1f4e79")
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill="{colour}"/>'
        side, anchor = (x - 10, "end") if x > middle else (x + 10, "start")
        label = escape(one.name[:_LABEL]) + (" (chosen)" if chosen else "")
        yield f'<text x="{side:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{label}</text>'
