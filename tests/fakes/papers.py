"""A made-up company's documents: papers for its board, and what it publishes. No two are alike."""

import random
from pathlib import Path

_MATTERS = (
    "the closure of the {place} foundry",
    "the purchase of {firm}",
    "the successor of the managing director",
    "the loan of {sum} million for the new hall in {place}",
    "the dispute with {firm} over the delivery of last year",
    "the budget for the coming year",
    "the move of the {place} office",
    "the sale of the shares in {firm}",
)
_BOARD = (
    "The board is asked to decide on {matter}.",
    "Management recommends option {option}; the reasons are set out in section 3.",
    "If the board agrees, the works council of {place} is to be heard before anything is announced.",
    "The cost is put at {sum} million, of which {part} million fall in this year.",
    "The risk committee has looked at the paper on the {day}th and has no objection.",
    "Members who have an interest in {firm} are asked to leave the room for this item.",
    "A decision is needed at this meeting, since the offer of {firm} ends on the {day}th.",
    "Minutes of the last meeting are attached, together with the forecast for {place}.",
)
_PUBLIC = (
    "Visitors are welcome at our works in {place} on the {day}th, admission is free.",
    "We have made pumps in {place} since 1921, and today they run in {option} countries.",
    "Our customer service answers on weekdays from eight to six.",
    "The new catalogue can be ordered free of charge or read on our website.",
    "Apprentices from {place} won a prize at this year's fair of the chamber of crafts.",
    "How to clean a filter: switch the pump off, open the lid, rinse the sieve with clear water.",
    "Together with {firm} we sponsor the city's music school.",
    "The pump of the series {option} is delivered from stock within {day} days.",
    "Press contact: the office in {place}, by mail or telephone.",
)
_TITLES = {"board_papers": "Paper for the board, item {option}: {matter}", "public": "News from our company: {place}"}


def paper(label: str, number: int) -> str:
    """A document of `board_papers` or `public`."""
    chance = random.Random(f"{label} {number}")
    words = {
        "place": chance.choice(("Hallwick", "Norden", "Castleby", "Weir", "Lund", "Ashby", "Torre")),
        "firm": chance.choice(("Brandt Pumps", "Oxley & Co", "Valves North", "Meridian Castings", "Tarn Ltd")),
        "sum": chance.randint(3, 90),
        "part": chance.randint(1, 3),
        "option": chance.randint(2, 40),
        "day": chance.randint(4, 28),
    }
    words["matter"] = chance.choice(_MATTERS).format(**words)
    lines = chance.sample(_BOARD if label == "board_papers" else _PUBLIC, 5)
    return "\n".join([_TITLES[label], "", *lines]).format(**words)


def company(folder: Path, count: int = 12) -> Path:
    """The folder that `privet models train documents --from` takes."""
    for label in _TITLES:
        (folder / label).mkdir(parents=True)
        for number in range(count):
            (folder / label / f"{number:02}.txt").write_text(paper(label, number), encoding="utf-8")
    return folder
