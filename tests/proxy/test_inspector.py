"""Worker pools as the pipeline sees them: cached, batched, and never fewer findings than were asked for."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from configs.settings import Settings
from detectors.cache import ScanCache
from detectors.finding import Finding, Label, Scan, Skipped, SkipReason
from proxy.errors import DeadlineError, OverloadError, WorkerError
from proxy.inspector import PoolInspector


@dataclass
class Pool:
    """A worker pool that answers from a function."""

    answer: Any
    calls: list[Any] = field(default_factory=list)

    async def call(self, payload: Any, *, within: float, cost: int = 0, admit: bool = False) -> Any:
        self.calls.append(payload)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(payload)


def find_x(payload: Any) -> Any:
    return [
        [[[text.index("x"), text.index("x") + 1, "X", 0.9, "d"]] if "x" in text else [], [], []] for text, _ in payload
    ]


def inspector(detection: Any, documents: Any = None) -> PoolInspector:
    return PoolInspector(settings=Settings(), detection=Pool(detection), documents=documents, cache=ScanCache(100))


async def test_scans_in_order() -> None:
    subject = inspector(find_x)
    scans = await subject.scan([("a x", ""), ("none", ""), ("x", "password")])
    assert [[finding.start for finding in scan.findings] for scan in scans] == [[2], [], [0]]


async def test_nothing_is_scanned_twice() -> None:
    subject = inspector(find_x)
    first = await subject.scan([("a x", ""), ("a x", ""), ("a x", "password")])
    second = await subject.scan([("a x", ""), ("new", "")])
    assert [item for call in subject.detection.calls for item in call] == [
        ["a x", ""],
        ["a x", "password"],
        ["new", ""],
    ]
    assert second[0] == first[0]


async def test_large_requests_are_split() -> None:
    subject = inspector(find_x)
    scans = await subject.scan([(f"{number} x" + "-" * 6000, "") for number in range(10)])
    assert len(subject.detection.calls) > 2
    assert all(scan.findings for scan in scans)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (DeadlineError("late"), SkipReason.TIMEOUT),
        (WorkerError("gone"), SkipReason.DETECTOR_DOWN),
        (lambda _: "nonsense", SkipReason.DETECTOR_DOWN),
        (lambda _: [], SkipReason.DETECTOR_ERROR),
        (lambda payload: [[[[5, 2, "X", 0.9, "d"]], [], []]] * len(payload), SkipReason.DETECTOR_DOWN),
    ],
)
async def test_failures_are_skipped_and_not_remembered(answer, reason) -> None:
    subject = inspector(answer)
    scans = await subject.scan([("a", ""), ("b", "")])
    assert scans == [Scan(skipped=(Skipped("", reason),))] * 2
    subject.detection.answer = find_x
    assert [scan.skipped for scan in await subject.scan([("a", ""), ("b x", "")])] == [(), ()]


async def test_a_text_that_was_skipped_inside_is_not_remembered() -> None:
    subject = inspector(lambda payload: [[[], [["", "detector_error"]], []] for _ in payload])
    for _ in "12":
        (scan,) = await subject.scan([("a", "")])
        assert scan.skipped == (Skipped("", SkipReason.DETECTOR_ERROR),)
    assert len(subject.detection.calls) == 2


async def test_labels() -> None:
    subject = inspector(find_x, Pool(lambda _: [["hr", 0.9, "m"]]))
    assert await subject.label(["text"]) == Scan(labels=(Label("hr", 0.9, "m"),))


@pytest.mark.parametrize(
    ("pool", "reason"),
    [
        (None, SkipReason.DETECTOR_DOWN),
        (Pool(DeadlineError("late")), SkipReason.TIMEOUT),
        (Pool(WorkerError("gone")), SkipReason.DETECTOR_DOWN),
        (Pool(lambda _: 3), SkipReason.DETECTOR_DOWN),
    ],
)
async def test_labels_that_cannot_be_had_are_skipped(pool, reason) -> None:
    assert (await inspector(find_x, pool).label(["text"])).skipped == (Skipped("", reason),)


async def test_findings_survive_the_cache() -> None:
    subject = inspector(find_x)
    await subject.scan([("x", "")])
    assert await subject.scan([("x", "")]) == [Scan(findings=(Finding(0, 1, "X", 0.9, "d"),))]


async def test_overload_is_no_skipped_part_and_ends_the_other_batches() -> None:
    @dataclass
    class Busy:
        cancelled: int = 0

        async def call(self, payload: Any, *, within: float, cost: int = 0, admit: bool = False) -> Any:
            if admit:
                raise OverloadError("busy", 7.0)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise

    busy = Busy()
    subject = PoolInspector(settings=Settings(), detection=busy, documents=None, cache=ScanCache(100))  # type: ignore[arg-type]
    with pytest.raises(OverloadError):
        await subject.scan([(f"{number}" + "-" * 20_000, "") for number in range(3)])
    await asyncio.sleep(0)
    assert busy.cancelled <= 2
    assert len(asyncio.all_tasks()) == 1


async def test_workers_are_told_which_own_data_is_meant() -> None:
    subject = inspector(lambda payload: find_x(payload[1]))
    subject.take("first")
    await subject.scan([("a x", "")])
    await subject.scan([("a x", "")])
    subject.take("first")
    await subject.scan([("a x", "")])
    assert subject.detection.calls == [["first", [["a x", ""]]]]
    subject.take("second")
    await subject.scan([("a x", "")])
    assert subject.detection.calls[1:] == [["second", [["a x", ""]]]]


async def test_a_scan_that_began_with_older_data_is_not_remembered_for_newer() -> None:
    async def slow(payload: Any, *, within: float, cost: int = 0, admit: bool = False) -> Any:
        began.set()
        await goes_on.wait()
        return find_x(payload[1])

    began, goes_on = asyncio.Event(), asyncio.Event()
    subject = inspector(lambda payload: find_x(payload[1]))
    subject.take("first")
    subject.detection.call = slow  # type: ignore[method-assign]
    scanning = asyncio.create_task(subject.scan([("a x", "")]))
    await began.wait()
    subject.take("second")
    goes_on.set()
    await scanning
    assert subject.cache.get("a x", "") is None
