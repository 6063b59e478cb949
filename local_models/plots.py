"""A confusion matrix and a reliability diagram as SVG, by hand: no plotting library at run time."""

from collections.abc import Sequence
from html import escape

_CELL, _MARGIN, _SIZE = 56, 24, 320


def confusion_svg(labels: Sequence[str], columns: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Rows are what documents are, columns what they were taken for."""
    left = _MARGIN + 8 * max(len(label) for label in labels)
    top = _MARGIN + 6 * max(len(label) for label in columns)
    width, height = left + _CELL * len(columns) + 2 * _MARGIN, top + _CELL * len(labels) + _MARGIN
    parts = _begun(width, height)
    for place, column in enumerate(columns):
        x = left + _CELL * place + _CELL / 2
        parts.append(_text(x, top - 8, column, f'transform="rotate(-35 {x:.0f} {top - 8})"'))
    for row, label in enumerate(labels):
        y, total = top + _CELL * row, max(1, sum(counts[row]))
        parts.append(_text(left - 8, y + _CELL / 2 + 4, label, 'text-anchor="end"'))
        for place, count in enumerate(counts[row]):
            colour = "#0b6e4f" if columns[place] == label else "#c1666b"
            parts.append(
                f'<rect x="{left + _CELL * place}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{colour}" '
                f'fill-opacity="{0.85 * count / total:.2f}" stroke="#ccc"/>'
            )
            middle = left + _CELL * place + _CELL / 2
            parts.append(_text(middle, y + _CELL / 2 + 4, str(count), 'text-anchor="middle"'))
    return "\n".join([*parts, "</svg>\n"])


def reliability_svg(bins: Sequence[tuple[int, float, float]]) -> str:
    """Of each bin (how many, how sure on average, what share was right) a dot; on the diagonal, scores are right."""
    whole = _SIZE + 4 * _MARGIN
    left, top = 2 * _MARGIN, _MARGIN
    parts = _begun(whole, whole)
    parts.append(f'<rect x="{left}" y="{top}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>')
    parts.append(
        f'<line x1="{left}" y1="{top + _SIZE}" x2="{left + _SIZE}" y2="{top}" stroke="#999" stroke-dasharray="4"/>'
    )
    for fifth in range(6):
        part = fifth / 5
        parts.append(_text(left + part * _SIZE, top + _SIZE + 16, f"{part:g}", 'text-anchor="middle"'))
        parts.append(_text(left - 6, top + (1 - part) * _SIZE + 4, f"{part:g}", 'text-anchor="end"'))
    points = [(left + sure * _SIZE, top + (1 - right) * _SIZE, count) for count, sure, right in bins]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="#4357ad" stroke-width="2"/>')
    for x, y, count in points:
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{min(9, 2 + count**0.5):.1f}" fill="#4357ad"/>')
    parts.append(_text(left + _SIZE / 2, whole - 10, "score of the likeliest label", 'text-anchor="middle"'))
    parts.append(_text(4, 14, "share that is right"))
    return "\n".join([*parts, "</svg>\n"])


def _begun(width: float, height: float) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
    ]


def _text(x: float, y: float, said: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" font-family="sans-serif" {more}>{escape(said)}</text>'
