"""Which candidate is the smallest that does a task well enough: measured on examples left out, told with its bounds.

Every candidate is fitted on some examples and asked about others (`folds`). What counts is not the share that was
right, but what that share is at least, by Clopper and Pearson, with the certainty asked for divided among all
candidates: the one that is chosen was chosen by these very figures. "None" and "too few examples" are answers.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from local_models.errors import LocalModelError
from local_models.tasks.answerer import Answer, Answerer
from local_models.tasks.folds import by_source, folds
from local_models.tasks.task import Example, Task, same

FOLDS = 5
_STEP = 0.05  # of the items, by which the answered share grows
_SLOW = 0.1  # seconds an answer; slower candidates are given up when they can't reach the target any more
_LOOK = 10  # items between two looks whether they still can
_HOPELESS = 0.999
_MOST_NEEDED = 100_000

type Verdict = Literal["meets", "in part", "too few", "misses", "too slow", "false alarms", "failed"]
type Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a candidate must reach. `certain` is for the whole choice, not for each candidate."""

    target: float = 0.95
    certain: float = 0.95
    max_false_alarms: float | None = None  # near misses that are answered all the same, at most this share
    max_ms: float | None = None  # at the 99th percentile
    least_answered: float = 1.0  # the share that it has to answer itself; the rest escalates


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking about one example that was left out."""

    right: bool
    answered: bool
    near_miss: bool
    confidence: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """All answers of one candidate."""

    name: str
    asked: tuple[Asked, ...]
    memory_mb: float = 0.0
    stopped: bool = False  # given up before all were asked


@dataclass(frozen=True, slots=True)
class Part:
    """What a candidate can answer by itself within the target: everything it is this sure of."""

    answered: float
    min_confidence: float
    right: float
    least: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one candidate."""

    name: str
    verdict: Verdict
    items: int = 0
    right: float = 0.0
    least: float = 0.0  # the share that is right at least
    most: float = 1.0
    false_alarms: float | None = None
    false_alarms_most: float | None = None
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    seconds: float = 0.0  # on average
    memory_mb: float = 0.0
    cost_1000: float = 0.0  # USD
    needed: int | None = None  # items that it would take to tell, if it stays as good as it looks
    part: Part | None = None
    stopped: bool = False  # given up before all items were asked
    why: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """All figures, the cheapest candidate first, and the one that is chosen."""

    wanted: Wanted
    figures: tuple[Figures, ...]
    chosen: str | None
    by_source: bool

    @property
    def needed(self) -> int | None:
        """How many items it takes to tell, if that is what is lacking."""
        return min((one.needed for one in self.figures if one.needed is not None), default=None)


def choose(
    task: Task,
    examples: Sequence[Example],
    candidates: Sequence[Answerer],
    wanted: Wanted,
    *,
    hour: float = 0.0,
    progress: Progress = lambda _name, _done, _total: None,
) -> Choice:
    """Measure every candidate and choose the cheapest that meets what is wanted. `hour` is an hour's price in USD."""
    certain = 1.0 - (1.0 - wanted.certain) / max(1, len(candidates))
    found: list[Figures] = []
    for candidate in candidates:
        try:
            measured = measure(task, examples, candidate, wanted, progress)
        except LocalModelError as error:
            found.append(Figures(candidate.name, "failed", why=str(error)))
            continue
        found.append(judge(measured, wanted, certain, hour))
    figures = tuple(sorted(found, key=_cost))
    good = [one for one in figures if one.verdict in {"meets", "in part"}]
    chosen = next(iter(good), None)
    return Choice(wanted, figures, None if chosen is None else chosen.name, by_source(examples))


def measure(
    task: Task, examples: Sequence[Example], candidate: Answerer, wanted: Wanted, progress: Progress
) -> Measured:
    """Ask about every example by a candidate that wasn't fitted on it."""
    asked: list[Asked] = []
    memory = 0.0
    for part in folds(examples, FOLDS):
        fitted = candidate.fit(task, [examples[row] for row in part.kept])
        for row in part.out:
            asked.append(_asked(task, examples[row], fitted.answer(examples[row].input)))
            progress(candidate.name, len(asked), len(examples))
            if len(asked) % _LOOK == 0 and _hopeless(asked, wanted):
                return Measured(candidate.name, tuple(asked), fitted.memory_mb, stopped=True)
        memory = max(memory, fitted.memory_mb)
    return Measured(candidate.name, tuple(asked), memory)


def judge(measured: Measured, wanted: Wanted, certain: float, hour: float) -> Figures:
    """What the answers say of a candidate."""
    asked = measured.asked
    true = [one for one in asked if not one.near_miss]
    near = [one for one in asked if one.near_miss]
    right = sum(one.right for one in true)
    least, most = bounds(right, len(true), certain)
    alarms = sum(one.answered for one in near)
    times = sorted(one.seconds for one in asked)
    mean = statistics.fmean(times) if times else 0.0
    part = None if measured.stopped else answered_part(true, wanted.target, certain)
    verdict, why = _verdict(wanted, right, len(true), least, part)
    p99 = _quantile(times, 0.99) * 1000
    alarms_most = bounds(alarms, len(near), certain)[1] if near else None
    if verdict in {"meets", "in part"}:
        # What isn't sure enough goes on, near misses too: what counts is which of them are answered all the same.
        limit = part.min_confidence if verdict == "in part" and part is not None else 0.0
        alarms = sum(one.answered and one.confidence >= limit for one in near)
        alarms_most = bounds(alarms, len(near), certain)[1] if near else None
        if wanted.max_ms is not None and p99 > wanted.max_ms:
            verdict, why = "too slow", f"one in a hundred answers takes more than {wanted.max_ms:g} ms"
        elif wanted.max_false_alarms is not None and (alarms_most is None or alarms_most > wanted.max_false_alarms):
            verdict, why = "false alarms", f"at most {wanted.max_false_alarms:.1%} of the near misses is not shown"
    return Figures(
        name=measured.name,
        verdict=verdict,
        items=len(true),
        right=right / len(true) if true else 0.0,
        least=least,
        most=most,
        false_alarms=alarms / len(near) if near else None,
        false_alarms_most=alarms_most,
        p50_ms=_quantile(times, 0.5) * 1000,
        p99_ms=p99,
        seconds=mean,
        memory_mb=measured.memory_mb,
        cost_1000=mean * hour / 3.6,
        needed=needed(right, len(true), wanted.target, certain) if verdict == "too few" else None,
        part=part,
        stopped=measured.stopped,
        why=why,
    )


def bounds(right: int, count: int, certain: float) -> tuple[float, float]:
    """What a share is at least, and at most; each with this certainty (Clopper and Pearson)."""
    from scipy import stats  # noqa: PLC0415 - only choosing needs it

    if count == 0:
        return 0.0, 1.0
    least = 0.0 if right == 0 else float(stats.beta.ppf(1 - certain, right, count - right + 1))
    most = 1.0 if right == count else float(stats.beta.ppf(certain, right + 1, count - right))
    return least, most


def needed(right: int, count: int, target: float, certain: float) -> int | None:
    """How many items would show the target, if as large a share stays right; None if that isn't above it."""
    share = right / count if count else 1.0
    if share <= target:
        return None
    low, high = count, max(2 * count, 16)

    def shown(items: int) -> bool:
        return bounds(math.floor(share * items), items, certain)[0] >= target

    while not shown(high):
        low, high = high, high * 2
        if high > _MOST_NEEDED:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def answered_part(asked: Sequence[Asked], target: float, certain: float) -> Part | None:
    """The largest share of the surest answers that is shown to meet the target.

    Tried from the smallest share that could show it, growing by steps, until one fails: tests in an order that was
    fixed beforehand need no correction for being many.
    """
    order = sorted(asked, key=lambda one: -one.confidence)
    # What wasn't answered goes on in any case.
    answers = [one for one in order if one.answered and one.confidence > 0]
    size = max(1, math.ceil(math.log(1 - certain) / math.log(target))) if target < 1 else len(answers) + 1
    step = max(1, round(_STEP * len(asked)))
    found: Part | None = None
    while size <= len(answers):
        limit = answers[size - 1].confidence
        while size < len(answers) and answers[size].confidence == limit:
            size += 1
        right = sum(one.right for one in answers[:size])
        least = bounds(right, size, certain)[0]
        if least < target:
            break
        found = Part(size / len(asked), limit, right / size, least)
        if size == len(answers):
            break
        size = min(size + step, len(answers))
    return found


def _asked(task: Task, example: Example, answer: Answer) -> Asked:
    return Asked(
        right=same(task, example.output, answer.output),
        answered=answer.output is not None,
        near_miss=example.output is None,
        confidence=answer.confidence,
        seconds=answer.seconds,
    )


def _hopeless(asked: Sequence[Asked], wanted: Wanted) -> bool:
    """Whether a slow candidate can't be expected to reach the target any more."""
    true = [one for one in asked if not one.near_miss]
    if not true or statistics.fmean(one.seconds for one in asked) < _SLOW:
        return False
    return bounds(sum(one.right for one in true), len(true), _HOPELESS)[1] < wanted.target


def _verdict(wanted: Wanted, right: int, count: int, least: float, part: Part | None) -> tuple[Verdict, str]:
    if least >= wanted.target:
        return "meets", ""
    if part is not None and part.answered >= wanted.least_answered:
        return "in part", f"answers {part.answered:.0%} itself"
    if count == 0 or right / count > wanted.target:
        return "too few", f"{right} of {count} right shows only {least:.1%}"
    return "misses", ""


def _cost(one: Figures) -> tuple[bool, float, float, float]:
    return one.verdict == "failed", one.cost_1000, one.seconds, one.memory_mb


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
