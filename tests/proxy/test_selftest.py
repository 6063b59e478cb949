"""The canaries sing when something is broken."""

import pytest

from detectors.finding import SkipReason
from proxy.providers.registry import dialect_for, dialects
from proxy.selftest import CANARIES, CARD, EMAIL, failures
from tests.fakes.privet import TableInspector

KNOWN = {EMAIL: "EMAIL_ADDRESS", CARD: "CREDIT_CARD"}


def test_every_dialect_has_a_canary() -> None:
    covered = {dialect_for(canary.request).name for canary in CANARIES}
    assert covered >= {dialect.name for dialect in dialects()}


async def test_canaries_are_caught() -> None:
    assert await failures(TableInspector(known=KNOWN)) == []


async def test_a_detector_that_finds_less_is_noticed() -> None:
    failed = await failures(TableInspector(known={EMAIL: "EMAIL_ADDRESS"}))
    assert failed
    assert all("card" in line for line in failed)


async def test_a_detector_that_skips_is_noticed() -> None:
    assert await failures(TableInspector(known=KNOWN, reason=SkipReason.TIMEOUT))


@pytest.mark.parametrize("name", sorted({dialect_for(canary.request).name for canary in CANARIES}))
async def test_a_dialect_that_overlooks_a_field_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    dialect = next(dialect_for(canary.request) for canary in CANARIES if dialect_for(canary.request).name == name)
    original = type(dialect).extract

    def careless(self, body):
        extraction = original(self, body)
        return type(extraction)(segments=extraction.segments[:-1], skipped=extraction.skipped)

    monkeypatch.setattr(type(dialect), "extract", careless)
    assert [line for line in await failures(TableInspector(known=KNOWN)) if f"dialect {name}," in line]
