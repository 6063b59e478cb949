"""Labels of a company's own, from a folder of documents to requests that stay in the house because of them."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.fakes.papers import company, paper
from tests.fakes.service import Service, privet, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

POLICY = """
schema: privet.policy/1
id: own-labels
defaults: {effect: allow, when_uninspected: block, when_error: block}
models:
  inside: {backend: embedded, model: smollm2-135m}
rules:
  - id: board
    when: {labels: [{name: board_papers, min_score: 0.6}]}
    effect: reroute
    obligations: [{to: inside}]
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def service(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory: Path = tmp_path_factory.mktemp("labels")
    company(directory / "papers", 12)
    done = privet(
        "models", "train", "documents", "--from", str(directory / "papers"), "--output", str(directory / "heads")
    )
    assert done.returncode == 0, done.stderr
    with serving(directory, vendor, POLICY, {"classifier": {"head": "heads"}}) as service:
        yield service


def ask(service: Service, text: str) -> openai.types.chat.ChatCompletion:
    with openai.OpenAI(base_url=f"{service.gateway}/openai/v1", api_key="sk-test", max_retries=0, timeout=60) as client:
        return client.chat.completions.create(
            model="gpt-4o", max_tokens=8, messages=[{"role": "user", "content": f"Summarise this:\n\n{text}"}]
        )


def test_a_board_paper_stays_in_the_house(service: Service, vendor: Vendor) -> None:
    vendor.reset()
    ask(service, paper("board_papers", 200))
    assert vendor.requests == []


def test_a_public_text_goes_out(service: Service, vendor: Vendor) -> None:
    vendor.reset()
    ask(service, paper("public", 200))
    assert len(vendor.requests) == 1


def test_a_new_head_is_taken_up_and_a_broken_one_refused(service: Service, vendor: Vendor) -> None:
    """From now on `board_papers` means the news, so that the swap can be seen."""
    directory = service.directory
    (directory / "papers/public").rename(directory / "papers/x")
    (directory / "papers/board_papers").rename(directory / "papers/public")
    (directory / "papers/x").rename(directory / "papers/board_papers")
    done = privet(
        "models", "train", "documents", "--from", str(directory / "papers"), "--output", str(directory / "new")
    )
    assert done.returncode == 0, done.stderr
    (directory / "heads/own-documents.json").write_text("{")
    time.sleep(2)
    vendor.reset()
    ask(service, paper("board_papers", 201))
    assert vendor.requests == []  # the old one is still in force
    for path in (directory / "new").iterdir():
        shutil.copyfile(path, directory / "heads" / path.name)
    deadline = time.monotonic() + 20
    while not vendor.requests:
        assert time.monotonic() < deadline
        ask(service, paper("board_papers", 202))
    vendor.reset()
    ask(service, paper("public", 202))
    assert vendor.requests == []


def test_a_broken_head_is_refused_at_start(service: Service) -> None:
    head = service.directory / "heads/own-documents.npz"
    kept = head.read_bytes()
    head.write_bytes(kept[:-1])
    try:
        done = service.privet("doctor", check=False)
        assert "It was changed" in done.stdout + done.stderr
    finally:
        head.write_bytes(kept)
