"""`PoolInspector`: the worker pools behind a cache, as the pipeline's `Inspector`.

A worker that is late or gone turns into `Skipped` for the texts it had, never into fewer findings.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from configs.settings import Settings
from detectors.cache import ScanCache
from detectors.finding import Scan, Skipped, SkipReason
from proxy.errors import DeadlineError, WorkerError
from proxy.jobs import labels_from_plain, scan_from_plain
from proxy.workers import Pool

# Texts are handed out in batches of about this size, so that several workers share one large request.
_BATCH_CHARACTERS = 16_000


@dataclass(slots=True)
class PoolInspector:
    """Scans and labels texts in worker processes."""

    settings: Settings
    detection: Pool
    documents: Pool | None
    cache: ScanCache = field(repr=False)
    own: str | None = (
        None  # the revision of the company's own data that texts are inspected for; None: workers have none
    )
    head: str | None = None  # the revision of the company's own head of the document classifier
    sentences: Pool | None = None  # for what only the context makes confidential

    def take(self, own: str) -> None:
        """From now on texts are inspected for another revision of own data; what was remembered is forgotten."""
        if own != self.own:
            self.own, self.cache = own, ScanCache(self.settings.detection.cache_entries)

    async def scan(self, texts: Sequence[tuple[str, str]]) -> list[Scan]:
        """One scan for each (text, context), in order. Raises `OverloadError` if they would wait past the deadline."""
        cache = self.cache  # of this revision, whatever comes meanwhile
        known = {item: scan for item in set(texts) if (scan := cache.get(*item)) is not None}
        missing = [item for item in dict.fromkeys(texts) if item not in known]
        batches = _batches(missing)
        tasks = [asyncio.create_task(self._scan_batch(batch, admit=not place)) for place, batch in enumerate(batches)]
        try:
            results = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()  # of a request that is refused or whose client is gone, nothing more is scanned
        for batch, scans in zip(batches, results, strict=True):
            for item, scan in zip(batch, scans, strict=True):
                known[item] = scan
                if not scan.skipped:
                    cache.put(*item, scan)
        return [known[item] for item in texts]

    async def label(self, texts: Sequence[str]) -> Scan:
        """The labels of the texts as one document, the strongest first."""
        asked = [(self.documents, self.head), (self.sentences, None)]
        calls = [self._labels(pool, [revision, list(texts)]) for pool, revision in asked if pool is not None]
        if not calls:
            return Scan(skipped=(Skipped(pointer="", reason=SkipReason.DETECTOR_DOWN),))
        scans = await asyncio.gather(*calls)
        labels = sorted((one for scan in scans for one in scan.labels), key=lambda one: (-one.score, one.name))
        return Scan(labels=tuple(labels), skipped=tuple(dict.fromkeys(one for scan in scans for one in scan.skipped)))

    async def _labels(self, pool: Pool, payload: list[object]) -> Scan:
        try:
            return Scan(labels=labels_from_plain(await pool.call(payload, within=self.settings.classifier.deadline)))
        except DeadlineError:
            return Scan(skipped=(Skipped(pointer="", reason=SkipReason.TIMEOUT),))
        except (WorkerError, ValueError, TypeError):
            return Scan(skipped=(Skipped(pointer="", reason=SkipReason.DETECTOR_DOWN),))

    async def _scan_batch(self, batch: Sequence[tuple[str, str]], *, admit: bool) -> list[Scan]:
        items = [[text, context] for text, context in batch]
        try:
            plain = await self.detection.call(
                items if self.own is None else [self.own, items],
                within=self.settings.detection.deadline,
                cost=sum(len(text) for text, _ in batch),
                admit=admit,
            )
            scans = [scan_from_plain(item) for item in plain]
        except DeadlineError:
            return [Scan(skipped=(Skipped(pointer="", reason=SkipReason.TIMEOUT),))] * len(batch)
        except (WorkerError, ValueError, TypeError):
            return [Scan(skipped=(Skipped(pointer="", reason=SkipReason.DETECTOR_DOWN),))] * len(batch)
        if len(scans) != len(batch):
            return [Scan(skipped=(Skipped(pointer="", reason=SkipReason.DETECTOR_ERROR),))] * len(batch)
        return scans


def _batches(items: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    batches: list[list[tuple[str, str]]] = []
    size = _BATCH_CHARACTERS
    for item in items:
        if size >= _BATCH_CHARACTERS:
            batches.append([])
            size = 0
        batches[-1].append(item)
        size += len(item[0])
    return batches
