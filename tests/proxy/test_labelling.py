"""Which label workers a policy needs."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from configs.settings import ClassifierSettings, Settings
from detectors.cache import ScanCache
from proxy.errors import WorkerError
from proxy.inspector import PoolInspector
from proxy.labelling import start_labelling
from proxy.own_head import OwnHead


@dataclass
class Pool:
    job: str
    started: bool = False
    info: Any = None

    async def start(self) -> None:
        self.started = True


@dataclass
class Made:
    pools: list[Pool] = field(default_factory=list)

    def __call__(self, job: str, _factory: str, _options: object) -> Any:
        self.pools.append(Pool(job))
        return self.pools[-1]


def inspector(*, enabled: bool = True) -> PoolInspector:
    settings = Settings(classifier=ClassifierSettings(enabled=enabled))
    return PoolInspector(settings, detection=None, documents=None, cache=ScanCache(1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "jobs"),
    [
        (set(), []),
        ({"hr", "public"}, ["documents"]),
        ({"confidential"}, ["sentences"]),
        ({"confidential", "board_papers"}, ["documents", "sentences"]),
    ],
)
async def test_only_what_is_named_is_started_and_only_once(named: set[str], jobs: list[str]) -> None:
    subject, made = inspector(), Made()
    for _ in range(2):
        await start_labelling(subject, frozenset(named), OwnHead(), made)
    assert [pool.job for pool in made.pools] == jobs
    assert all(pool.started for pool in made.pools)


async def test_a_policy_that_names_labels_needs_the_classifier() -> None:
    with pytest.raises(WorkerError, match=r"classifier.enabled is false"):
        await start_labelling(inspector(enabled=False), frozenset({"hr"}), OwnHead(), Made())
