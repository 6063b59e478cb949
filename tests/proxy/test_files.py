"""The workers that open files: deadline, memory, no files written, and the cache in front of them."""

import asyncio
import re
from pathlib import Path

import pytest

from configs.settings import ContentSettings
from detectors.finding import SkipReason
from proxy.content import ocr
from proxy.content.opened import Form, Opened, Text, Word, opened_to_plain, unread
from proxy.errors import BodyError, DeadlineError, WorkerError
from proxy.files import FileCache, PoolFiles
from proxy.jobs import CONTENT
from proxy.message import Attachment, Role
from proxy.workers import WorkerPool
from tests.fakes import files as made

ANNA = "Anna Schmidt"
BOUNDS = {"characters": 100_000}


def attachment(data: bytes, media_type: str = "", name: str = "") -> Attachment:
    return Attachment("/file", Role.USER, data, media_type, name)


class Pool:
    """A pool of one pair of hands: answers what it is told to."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def call(self, payload: object, *, within: float) -> object:
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def fake(*answers: object, room: int = 10_000) -> PoolFiles:
    return PoolFiles(ContentSettings.model_validate({}), Pool(*answers), FileCache(room))  # type: ignore[arg-type]


@pytest.fixture
async def pool():
    pool = WorkerPool("content", CONTENT, {"bounds": BOUNDS, "memory": 1_000_000_000})
    await pool.start()
    yield pool
    await pool.close()


async def test_files_are_opened_in_a_worker(pool: WorkerPool) -> None:
    files = PoolFiles(ContentSettings.model_validate({}), pool, FileCache(100_000))
    file = attachment(made.word(ANNA), made.DOCX, "a.docx")
    opened = await files.open(file)
    assert ANNA in opened.texts[0].text
    assert opened.skipped == ()
    assert await files.open(file) is opened
    assert files.cache.hits == 1
    new = await files.replace(file, opened, [text.text.replace(ANNA, "TOKEN") for text in opened.texts])
    assert b"TOKEN" in new.data
    assert ANNA.encode() not in new.data


@pytest.mark.skipif(ocr.tesseract() is None, reason="tesseract is not installed")
async def test_pictures_are_read_and_changed_in_a_worker(pool: WorkerPool) -> None:
    files = PoolFiles(ContentSettings.model_validate({}), pool, FileCache(100_000))
    file = attachment(made.picture(f"Call {ANNA}"), "image/png")
    opened = await files.open(file)
    assert opened.texts[0].text == f"Call {ANNA}"
    new = await files.replace(file, opened, ["Call TOKEN"])
    assert new.media_type == "image/png"
    again = await files.open(attachment(new.data, "image/png"))
    assert "Schmidt" not in again.texts[0].text


async def test_a_worker_writes_no_file_and_takes_no_more_memory_than_it_may(pool: WorkerPool) -> None:
    (pid,) = pool.pids
    limits = Path(f"/proc/{pid}/limits").read_text()
    (size,) = (line.split() for line in limits.splitlines() if line.startswith("Max file size"))
    (memory,) = (line.split() for line in limits.splitlines() if line.startswith("Max address space"))
    assert size[3:5] == ["0", "0"]
    assert int(memory[3]) < 4_000_000_000


async def test_a_file_that_takes_too_much_memory_is_too_large() -> None:
    pool = WorkerPool("content", CONTENT, {"bounds": {"expanded_bytes": 400_000_000}, "memory": 100_000_000})
    await pool.start()
    try:
        files = PoolFiles(ContentSettings.model_validate({}), pool, FileCache(100_000))
        opened = await files.open(attachment(made.archive(a__txt=bytes(300_000_000))))
        assert opened.skipped == (SkipReason.TOO_LARGE,)
        assert ANNA in (await files.open(attachment(ANNA.encode()))).texts[0].text
    finally:
        await pool.close()


async def test_a_killed_worker_takes_what_it_started_with_it() -> None:
    pool = WorkerPool("content", "tests.fakes.jobs:obedient")
    await pool.start()
    child = await pool.call(["spawn"], within=30)
    await pool.close()
    for _ in range(500):
        if not alive(child):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the worker's own child is still there")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_a_file_that_ends_two_workers_is_unreadable_and_not_tried_again() -> None:
    files = fake(WorkerError("gone"), WorkerError("gone"))
    file = attachment(b"x")
    assert (await files.open(file)).skipped == (SkipReason.DETECTOR_DOWN,)
    assert (await files.open(file)).skipped == (SkipReason.UNREADABLE,)
    assert (await files.open(file)).skipped == (SkipReason.UNREADABLE,)
    assert files.pool.calls == 2  # type: ignore[attr-defined]


async def test_a_file_is_not_blamed_for_a_worker_that_was_down() -> None:
    files = fake(WorkerError("none is up"), opened_to_plain(Opened((Text("Anna"),))))
    file = attachment(b"x")
    assert (await files.open(file)).skipped == (SkipReason.DETECTOR_DOWN,)
    assert (await files.open(file)).texts == (Text("Anna"),)


async def test_a_late_answer_may_come_in_time_the_next_time() -> None:
    files = fake(DeadlineError("late"), DeadlineError("late"))
    for _ in range(2):
        assert (await files.open(attachment(b"x"))).skipped == (SkipReason.TIMEOUT,)
    assert files.pool.calls == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("nonsense", [None, [1, 2], [[], ["no reason"], "document", "", "", []], "text"])
async def test_nonsense_is_no_reading(nonsense: object) -> None:
    assert (await fake(nonsense).open(attachment(b"x"))).skipped == (SkipReason.DETECTOR_DOWN,)


async def test_a_picture_that_did_not_come_back_is_refused() -> None:
    picture = Opened((Text("Anna"),), form=Form.PICTURE, media_type="image/png")
    with pytest.raises(BodyError):
        await fake(None).replace(attachment(b"x"), picture, ["TOKEN"])
    with pytest.raises(WorkerError):
        await fake(WorkerError("failed")).replace(attachment(b"x"), picture, ["TOKEN"])


def a_picture(text: str) -> Opened:
    words = [Word(found.start(), found.end(), 10 * found.start(), 0, 10, 10) for found in re.finditer(r"\S+", text)]
    return Opened((Text(text),), form=Form.PICTURE, media_type="image/png", words=tuple(words))


@pytest.mark.parametrize(
    ("again", "may_go"),
    [
        (a_picture("Call me today"), True),
        (a_picture("Call me MR today Xx"), True),
        (Opened(form=Form.PICTURE), True),
        (a_picture("Call me Anna today"), False),
        (a_picture("Call me today SCHMIDT,"), False),
        (a_picture("Call me today (chmid"), False),
        (Opened(skipped=(SkipReason.UNREADABLE,), form=Form.PICTURE), False),
        (Opened(skipped=(SkipReason.TIMEOUT,), form=Form.PICTURE), False),
    ],
)
async def test_a_changed_picture_is_read_once_more(again: Opened, may_go: bool) -> None:
    """What was blacked out and can still be read may not leave; neither may what can't be read any more."""
    files = fake(b"changed", opened_to_plain(again))
    change = files.replace(attachment(b"x"), a_picture("Call me Anna Schmidt today"), ["Call me PERSON_1 today"])
    if may_go:
        assert (await change).data == b"changed"
    else:
        with pytest.raises(BodyError):
            await change


def test_the_cache_is_bounded() -> None:
    cache = FileCache(2_500)
    digests = [cache.digest(attachment(bytes([n]))) for n in range(4)]
    for digest in digests:
        cache.put(digest, Opened((Text("x" * 500),)))
    assert [cache.get(digest) is not None for digest in digests] == [False, False, True, True]
    cache.put(digests[0], Opened((Text("x" * 5_000),)))
    assert cache.get(digests[0]) is None


def test_the_cache_knows_a_file_by_all_that_it_is() -> None:
    cache = FileCache(10_000)
    variants = [attachment(b"x"), attachment(b"y"), attachment(b"x", "a/b"), attachment(b"x", "", "a.pdf")]
    assert len({cache.digest(file) for file in variants}) == 4
    assert cache.digest(variants[0]) != FileCache(10_000).digest(variants[0])
    cache.put(b"d", unread(SkipReason.TIMEOUT))
    assert len(cache) == 0
