"""What runs inside a worker process, and the worker's own main loop. No mitmproxy here: a worker starts small.

A job is made once (models are loaded) and then called with one payload at a time. It yields one value or several, and
None where it could stop if nobody waited any more. Payloads and results are plain values, since they cross a process
boundary as msgpack.
"""

import importlib
import os
import resource
import select
import sys
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

import msgpack

from detectors.finding import Finding, Label, Scan, Skipped, SkipReason

CANCEL = msgpack.ExtType(1, b"cancel")  # to a worker that is at work: nobody waits for the rest

type Job = Callable[[Any], Iterator[Any]]


def scan_to_plain(scan: Scan) -> list[Any]:
    """A scan as plain values."""
    return [
        [[f.start, f.end, f.entity_type, f.score, f.detector] for f in scan.findings],
        [[s.pointer, s.reason.value] for s in scan.skipped],
        list(scan.languages),
    ]


def scan_from_plain(plain: Any) -> Scan:
    """The scan that `scan_to_plain` was given. Raises ValueError or TypeError on anything else."""
    findings, skipped, languages = plain
    return Scan(
        findings=tuple(Finding(start, end, name, score, by) for start, end, name, score, by in findings),
        skipped=tuple(Skipped(pointer, SkipReason(reason)) for pointer, reason in skipped),
        languages=tuple(str(name) for name in languages),
    )


def labels_from_plain(plain: Any) -> tuple[Label, ...]:
    """Labels that the `documents` job gave."""
    return tuple(Label(name, score, model) for name, score, model in plain)


def detection(own: dict[str, Any] | None = None) -> tuple[Job, Any]:
    """Findings for a list of [text, context] pairs, one result for each.

    With `own`, where the company's own data lies, a payload is [its revision, such a list]: a worker that has another
    one reads it again, and fails if what is there isn't what was asked for.
    """
    from detectors.scan import build_scanner  # noqa: PLC0415 - only this worker pays for the models

    if own is None:
        scanner = build_scanner()

        def run(payload: Any) -> Iterator[Any]:
            yield [scan_to_plain(scan) for scan in scanner.scan_many([(text, context) for text, context in payload])]

        return run, {"revision": scanner.revision}

    from detectors.own.errors import OwnDataError  # noqa: PLC0415 - only where there can be such data
    from detectors.own.library import Place, open_library  # noqa: PLC0415 - the same

    place = Place.from_plain(own)
    library = open_library(place)
    first = build_scanner(own=library.detector())
    # Several serving processes change over one after the other: until the last has, two revisions are asked for.
    scanners = {library.revision: first}

    def run_with_own(payload: Any) -> Iterator[Any]:
        revision, items = payload
        if revision not in scanners:
            latest = open_library(place)
            if latest.revision != revision:
                raise OwnDataError("the company's own data is not what was asked for")
            if len(scanners) > 1:
                scanners.pop(next(iter(scanners)))
            scanners[revision] = first.with_own(latest.detector())
        scanner = scanners[revision]
        yield [scan_to_plain(scan) for scan in scanner.scan_many([(text, context) for text, context in items])]

    return run_with_own, {"revision": first.revision}


def documents(head: str | None = None) -> tuple[Job, Any]:
    """Labels for one request, given [the head's revision or None, its texts].

    `head` is where a head of the company's own lies. A worker that has another revision reads it again, and fails if
    what is there isn't what was asked for.
    """
    from detectors.documents import label_document  # noqa: PLC0415 - only this worker pays for the models
    from local_models.classify import load_classifier  # noqa: PLC0415
    from local_models.errors import ModelError  # noqa: PLC0415

    place = None if head is None else Path(head)
    classifier = load_classifier(place)

    def run(payload: Any) -> Iterator[Any]:
        nonlocal classifier
        revision, texts = payload
        if revision is not None and revision != classifier.revision:
            latest = classifier.with_head(place)
            if latest.revision != revision:
                raise ModelError("the company's own head is not what was asked for")
            classifier = latest
        labels = label_document(list(texts), classifier.classify, classifier.revision)
        yield [[label.name, label.score, label.model] for label in labels]

    return run, {"revision": classifier.revision}


def sentences() -> tuple[Job, Any]:
    """The label of what only the context makes confidential, for one request, given [None, its texts]."""
    from local_models.sentences import CONFIDENTIAL, load_sentence_classifier  # noqa: PLC0415 - only this worker

    classifier = load_sentence_classifier()

    def run(payload: Any) -> Iterator[Any]:
        _, texts = payload
        score = classifier.strongest(list(texts))
        yield [] if score is None else [[CONFIDENTIAL, score, classifier.revision]]

    return run, {"revision": classifier.revision}


def chat(model: str, memory: int = 512_000_000) -> tuple[Job, Any]:
    """An answer of an embedded model: pieces of text, and how it ended.

    Once it is loaded, memory is limited to so many bytes more.
    """
    started = time.monotonic()
    from local_models.chat import load_chat  # noqa: PLC0415 - only this worker pays for the model
    from local_models.speech import Finish  # noqa: PLC0415 - the same
    from local_models.stops import Until  # noqa: PLC0415 - the same

    loaded = load_chat(model)
    taken = resident()
    if sys.platform == "linux":
        confine(memory)

    def run(payload: Any) -> Iterator[Any]:
        messages = [(role, text) for role, text in payload["messages"]]
        pieces = loaded.stream(
            messages,
            max_tokens=payload["max_tokens"],
            temperature=payload["temperature"],
            schema=payload.get("schema"),
        )
        until = Until(payload.get("stop") or ())
        for piece in until.cut(pieces):
            yield piece or None  # nothing yet: it still reads
        pieces.close()
        end = loaded.ended
        finish = end.finish if until.words is None else Finish.SEQUENCE
        yield {"finish": finish.value, "input": end.input, "output": end.output, "sequence": until.words}

    return run, {"model": model, "stops": True, "seconds": round(time.monotonic() - started, 3), "memory": taken}


def content(bounds: dict[str, Any], memory: int) -> tuple[Job, Any]:
    """Opens a file, or blacks out boxes of a picture. Neither writes a file, and memory is limited."""
    from detectors.finding import SkipReason  # noqa: PLC0415 - only this worker pays for the parsers
    from proxy.content.bounds import Bounds  # noqa: PLC0415
    from proxy.content.image import blacked_out  # noqa: PLC0415
    from proxy.content.opened import opened_to_plain, unread  # noqa: PLC0415
    from proxy.content.read import open_file  # noqa: PLC0415

    typed = Bounds(**bounds)
    confine(memory)

    def run(payload: Any) -> Iterator[Any]:
        kind, data, *rest = payload
        if kind == "black":
            (boxes,) = rest
            yield blacked_out(data, [tuple(box) for box in boxes])
            return
        media_type, name = rest
        try:
            yield opened_to_plain(open_file(data, media_type, name, typed))
        except MemoryError:
            yield opened_to_plain(unread(SkipReason.TOO_LARGE))

    return run, {"bounds": bounds}


def confine(memory: int) -> None:
    """From now on this process takes at most so many bytes more, and writes no file at all."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - one line of the kernel's
        taken = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))


def resident() -> int:
    """The memory that this process has taken so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


DETECTION = f"{__name__}:{detection.__name__}"
DOCUMENTS = f"{__name__}:{documents.__name__}"
SENTENCES = f"{__name__}:{sentences.__name__}"
CONTENT = f"{__name__}:{content.__name__}"
CHAT = f"{__name__}:{chat.__name__}"


def main() -> None:
    """Read the job's factory and options from stdin, then payloads; write results to what stdout was."""
    # Nothing that a library prints may get between the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # A core file would hold what people sent.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Without a buffer, so that the system can tell whether there is something to read.
    frames = os.fdopen(os.dup(0), "rb", buffering=0)
    waiting = select.poll()
    waiting.register(frames, select.POLLIN)
    first = _read(frames)
    if first is None:
        return
    factory, options = first
    module, _, function = factory.partition(":")
    try:
        make: Callable[..., tuple[Job, Any]] = getattr(importlib.import_module(module), function)
        job, info = make(**options)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it and refuse to serve
        _write(out, ["failed", _describe(error)])
        return
    _write(out, ["ready", info])
    while (payload := _read(frames)) is not None:
        if payload == CANCEL:
            continue  # the job was done before the word came
        try:
            items = job(payload)
            for item in items:
                if item is not None:
                    _write(out, ["item", item])
                if waiting.poll(0):
                    if _read(frames) is None:
                        return  # the parent is gone
                    break  # it has no other word for a worker that is at work
        except MemoryError:
            _write(out, ["ended", "MemoryError"])
            return  # what is left of this process is not to be relied on
        except Exception as error:  # noqa: BLE001 - the one guard of this process: a failed job is told as such
            _write(out, ["error", type(error).__name__])  # never its text: it may quote the payload
        else:
            _write(out, ["end", None])


def _describe(error: Exception) -> str:
    """At start-up no request was read yet, so that the error's own words are safe to pass on."""
    return f"{type(error).__name__}: {error}"


def _read(frames: FileIO) -> Any:
    head = _exactly(frames, 4)
    body = _exactly(frames, int.from_bytes(head)) if head is not None else None
    if body is None:
        return None
    return msgpack.unpackb(body, raw=False, strict_map_key=False, unicode_errors="surrogatepass")


def _exactly(frames: FileIO, size: int) -> bytearray | None:
    """So many bytes; None when the parent is gone."""
    data = bytearray(size)
    at = 0
    with memoryview(data) as view:
        while at < size:
            got = frames.readinto(view[at:])
            if not got:
                return None
            at += got
    return data


def _write(out: BinaryIO, message: list[Any]) -> None:
    data = msgpack.packb(message, use_bin_type=True, unicode_errors="surrogatepass")
    out.write(len(data).to_bytes(4) + data)
    out.flush()
