"""The picture of a choice: well-formed, and readable without seeing it."""

from xml.etree import ElementTree as ET

from local_models.tasks.choose import Choice, Figures, Wanted
from local_models.tasks.plot import frontier, plot

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = (
    Figures("grams <fast>", "misses", items=100, right=0.7, least=0.6, most=0.8, p50_ms=0.2),
    Figures("both", "meets", items=100, right=0.97, least=0.95, most=0.99, p50_ms=20.0),
    Figures("chat", "misses", items=20, right=0.6, least=0.4, most=0.8, p50_ms=700.0),
    Figures("broken", "failed", why="no file"),
)


def test_it_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(plot("mail", Choice(Wanted(), FIGURES, "both", by_source=False)))
    described = root.findtext(f"{SVG}desc") or ""
    assert root.get("role") == "img"
    assert "mail" in (root.findtext(f"{SVG}title") or "")
    assert "both: 97.0% right, at least 95.0%, 20 ms, meets." in described
    assert "Chosen: both." in described
    assert len(root.findall(f"{SVG}circle")) == 3


def test_nothing_measured_and_none_chosen_is_a_picture_too() -> None:
    text = plot("mail", Choice(Wanted(), FIGURES[3:], None, by_source=True))
    assert "None meets it." in (ET.fromstring(text).findtext(f"{SVG}desc") or "")


def test_the_frontier_leaves_out_what_is_slower_and_no_better() -> None:
    assert [one.name for one in frontier(FIGURES)] == ["grams <fast>", "both"]
