"""Choosing by measurement: bounds, verdicts, what part can be answered, and that nobody is asked what it was fitted on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_models.errors import TrainingError
from local_models.tasks.answerer import Answer
from local_models.tasks.choose import Asked, Measured, Wanted, answered_part, bounds, choose, judge, measure, needed
from local_models.tasks.task import SHIPPED, Example, Task, load_task

TASK = load_task(SHIPPED / "email_categorisation")


@dataclass(frozen=True)
class Rote:
    """Knows the right answer to a share of all examples, and checks that it wasn't fitted on what it is asked."""

    name: str
    share: float
    seconds: float = 0.001
    memory_mb: float = 1.0
    known: frozenset[str] = field(default=frozenset(), repr=False)
    fails: bool = False

    def fit(self, task: Task, examples: Sequence[Example]) -> Self:
        if self.fails:
            raise TrainingError("nothing to learn")
        return type(self)(self.name, self.share, self.seconds, known=frozenset(one.input for one in examples))

    def answer(self, text: str) -> Answer:
        assert text not in self.known
        number = int(text.rsplit(maxsplit=1)[-1])
        right = (number * 0.618034) % 1.0 < self.share
        return Answer({"category": "billing" if right else "refund"}, 0.9 if right else 0.6, self.seconds)

    def save(self, directory: Path) -> None: ...


def examples(count: int) -> list[Example]:
    words = ["alpha", "beta", "gamma", "delta"]
    return [
        Example(f"{words[n % 4]} {words[n // 4 % 4]} {'x' * (n // 16)} number {n}", {"category": "billing"})
        for n in range(count)
    ]


@pytest.mark.parametrize(("right", "count"), [(95, 100), (0, 10), (10, 10), (190, 200)])
def test_bounds_hold_the_share_and_narrow_with_more_items(right: int, count: int) -> None:
    least, most = bounds(right, count, 0.95)
    assert least <= right / count <= most
    wide = bounds(right * 4, count * 4, 0.95)
    assert wide[1] - wide[0] < most - least


def test_bounds_that_are_known() -> None:
    assert bounds(59, 59, 0.95)[0] == pytest.approx(0.95049, abs=1e-4)  # 0.05 ** (1/59)
    assert bounds(0, 0, 0.95) == (0.0, 1.0)


@given(st.integers(1, 400), st.data())
def test_what_is_needed_would_show_it(count: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, count))
    items = needed(right, count, 0.9, 0.95)
    if items is None:
        assert right / count <= 0.9 or right / count < 0.91
    elif items > count + 1:
        assert bounds(int(right / count * items + 1e-9), items, 0.95)[0] >= 0.9 - 1e-2


def test_the_cheapest_that_is_good_enough_is_chosen() -> None:
    found = choose(
        TASK,
        examples(300),
        [Rote("slow, right", 1.0, 0.02), Rote("fast, right", 1.0, 0.001), Rote("fastest, wrong", 0.5, 0.0001)],
        Wanted(),
        hour=3.6,
    )
    assert found.chosen == "fast, right"
    assert [one.name for one in found.figures] == ["fastest, wrong", "fast, right", "slow, right"]
    assert [one.verdict for one in found.figures] == ["misses", "meets", "meets"]
    assert found.figures[1].cost_1000 == pytest.approx(0.001)
    assert found.needed is None


def test_none_is_an_answer_and_so_is_too_few() -> None:
    none = choose(TASK, examples(200), [Rote("half", 0.5)], Wanted())
    assert (none.chosen, none.needed, none.figures[0].verdict) == (None, None, "misses")
    few = choose(TASK, examples(30), [Rote("right", 1.0)], Wanted())
    assert few.chosen is None
    assert few.figures[0].verdict == "too few"
    assert few.needed == 59


def test_several_candidates_share_the_uncertainty() -> None:
    alone = choose(TASK, examples(60), [Rote("right", 1.0)], Wanted())
    among = choose(TASK, examples(60), [Rote("right", 1.0), *(Rote(f"{n}", 0.1) for n in range(9))], Wanted())
    assert alone.chosen == "right"
    assert among.chosen is None


def test_a_part_is_answered_and_the_rest_goes_on() -> None:
    found = choose(TASK, examples(300), [Rote("mostly", 0.7)], Wanted(least_answered=0.5))
    (figures,) = found.figures
    assert (figures.verdict, found.chosen) == ("in part", "mostly")
    assert figures.part is not None
    assert figures.part.answered == pytest.approx(0.7, abs=0.02)
    assert figures.part.min_confidence == 0.9
    assert choose(TASK, examples(300), [Rote("mostly", 0.7)], Wanted(least_answered=0.8)).chosen is None


def test_a_candidate_that_can_not_learn_is_told_and_hinders_none() -> None:
    found = choose(TASK, examples(100), [Rote("broken", 1.0, fails=True), Rote("right", 1.0)], Wanted())
    assert found.chosen == "right"
    assert (found.figures[-1].verdict, found.figures[-1].why) == ("failed", "nothing to learn")


def test_a_slow_one_that_can_not_reach_it_is_given_up() -> None:
    measured = measure(TASK, examples(200), Rote("slow", 0.2, seconds=1.0), Wanted(), lambda *_: None)
    assert measured.stopped
    assert len(measured.asked) < 60
    assert judge(measured, Wanted(), 0.95, 0.0).verdict == "misses"


def test_time_and_false_alarms_are_conditions() -> None:
    asked = [Asked(right=True, answered=True, near_miss=False, confidence=0.9, seconds=0.05)] * 100
    near = [Asked(right=False, answered=True, near_miss=True, confidence=0.9, seconds=0.05)] * 10
    assert judge(Measured("one", (*asked, *near)), Wanted(), 0.95, 0.0).verdict == "meets"
    assert judge(Measured("one", (*asked, *near)), Wanted(max_ms=20), 0.95, 0.0).verdict == "too slow"
    assert judge(Measured("one", (*asked, *near)), Wanted(max_false_alarms=0.3), 0.95, 0.0).verdict == "false alarms"
    assert judge(Measured("one", tuple(asked)), Wanted(max_false_alarms=0.3), 0.95, 0.0).verdict == "false alarms"


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 1.0)), min_size=1, max_size=300))
def test_the_part_that_is_answered_is_within_the_target(rows: list[tuple[bool, float]]) -> None:
    asked = [Asked(right=right, answered=True, near_miss=False, confidence=sure, seconds=0.0) for right, sure in rows]
    part = answered_part(asked, 0.9, 0.95)
    if part is not None:
        chosen = [one for one in asked if one.confidence >= part.min_confidence]
        assert len(chosen) / len(asked) == pytest.approx(part.answered)
        assert bounds(sum(one.right for one in chosen), len(chosen), 0.95)[0] >= 0.9
