"""Sentences that only their context makes confidential, through a running Privet."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: confidential
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - {id: not-out, when: {labels: [{name: confidential, min_score: 0.8}]}, effect: block}
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def service(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory: Path = tmp_path_factory.mktemp("confidential")
    with serving(directory, vendor, POLICY) as service:
        yield service


def ask(service: Service, text: str) -> None:
    with openai.OpenAI(base_url=f"{service.gateway}/openai/v1", api_key="sk-test", max_retries=0, timeout=60) as client:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])


def test_a_secret_that_no_pattern_finds_stays(service: Service, vendor: Vendor) -> None:
    vendor.reset()
    with pytest.raises(openai.PermissionDeniedError):
        ask(service, "Make this sound friendlier: we announce the acquisition on Monday, and nobody outside knows yet.")
    assert vendor.requests == []


def test_what_everybody_may_know_goes(service: Service, vendor: Vendor) -> None:
    vendor.reset()
    ask(service, "The acquisition was announced on Monday, as every newspaper reported. What is an acquisition?")
    assert len(vendor.requests) == 1


def test_the_last_sentence_of_a_long_text_counts(service: Service, vendor: Vendor) -> None:
    vendor.reset()
    around = " ".join(f"Item {number} of the list is a garden chair in colour {number}." for number in range(40))
    with pytest.raises(openai.PermissionDeniedError):
        ask(service, f"{around} She's leaving the company, don't tell anyone yet.")
    assert vendor.requests == []
