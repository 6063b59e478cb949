"""The company's own data, from `privet data add` to requests that are tokenised, redacted and refused because of it."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.fakes import files
from tests.fakes.service import Service, privet, serving, write_config
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

POLICY = """
schema: privet.policy/1
id: own
defaults: {effect: allow, when_uninspected: block, when_error: block}
rules:
  - id: customers
    when: {entities: [COMPANY_DATA]}
    obligations: [{tokenize: {types: [COMPANY_DATA], restore: true}}]
  - id: projects
    when: {entities: [PROJECT_NAME]}
    obligations: [{redact: {types: [PROJECT_NAME]}}]
  - {id: contracts, when: {entities: [DOCUMENT_PASSAGE]}, effect: block}
"""
TERMS = """
schema: privet.terms/1
terms: [{type: PROJECT_NAME, words: [Blue Heron]}]
"""
CUSTOMERS = "name,company,account\nXaver Quint,Zembla Works,Kd-4821-X\nYvo Brant,Orbis,Kd-4822-X\n"
PASSAGE = (
    "The parties agree that heavy water will be delivered to the northern site by barge every second Tuesday, "
    "and that the price per barrel is reviewed once a year by an expert whom both of them trust."
)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as vendor:
        yield vendor


def prepared(directory: Path, vendor: Vendor) -> dict[str, Any]:
    """Data that is registered by the command, and the settings that name it."""
    settings = {
        "data": {"required": ["customers"], "dictionaries": ["terms.yaml"]},
        "detection": {"deadline": 5},
    }
    (directory / "terms.yaml").write_text(TERMS)
    (directory / "customers.csv").write_text(CUSTOMERS)
    (directory / "contract.docx").write_bytes(files.word(PASSAGE))
    config = str(write_config(directory, vendor, POLICY, settings))
    privet("--config", config, "data", "add", str(directory / "customers.csv"), "--columns", "name,company,account")
    privet("--config", config, "data", "add", str(directory / "contract.docx"))
    return settings


@pytest.fixture(scope="module")
def running(vendor: Vendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("own")
    settings = prepared(directory, vendor)
    with serving(directory, vendor, POLICY, settings) as service:
        yield service


@pytest.fixture
def service(running: Service, vendor: Vendor) -> Service:
    vendor.reset()
    return running


def ask(service: Service, text: str) -> httpx.Response:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    return httpx.post(f"{service.gateway}/openai/v1/chat/completions", json=body, timeout=60, trust_env=False)


def until(condition: Callable[[], Any], seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


def test_a_customers_values_leave_as_tokens_and_come_back(service: Service, vendor: Vendor) -> None:
    client = openai.OpenAI(api_key="sk-test", base_url=f"{service.gateway}/openai/v1")
    text = "Write to XAVER QUINT about kd 4821 x, he is with Zembla Works."
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])
    said = reply.choices[0].message.content or ""
    assert len(vendor.requests) == 1
    for value in ("XAVER QUINT", "kd 4821 x", "Zembla Works"):
        assert not vendor.saw(value), value
        assert value in said
    assert vendor.saw("COMPANY_DATA_")


def test_a_term_is_redacted(service: Service, vendor: Vendor) -> None:
    assert ask(service, "When does blue-heron start?").status_code == 200
    assert not vendor.saw("blue-heron")
    assert vendor.saw("[PROJECT_NAME]")


@pytest.mark.parametrize("changed", ["barge", "nothing"])
def test_a_passage_is_refused(service: Service, vendor: Vendor, changed: str) -> None:
    reply = ask(service, f"Shorten this: {PASSAGE.replace(changed, 'ship').lower()}")
    assert reply.status_code == 403
    assert reply.json()["privet"]["rules"] == ["contracts"]
    assert reply.json()["privet"]["entity_types"] == ["DOCUMENT_PASSAGE"]
    assert vendor.requests == []


def test_other_text_passes_as_it_is(service: Service, vendor: Vendor) -> None:
    assert ask(service, "What is heavy water, and who sells it in barrels?").status_code == 200
    assert vendor.saw("What is heavy water, and who sells it in barrels?")


def test_the_local_api_says_what_is_known(service: Service) -> None:
    sets = service.get("/healthz")["data"]["sets"]
    assert sets["customers"] == {"kind": "rows", "rows": 2}
    assert sets["contract"] == {"kind": "passages", "documents": 1}
    found = httpx.post(f"{service.api}/scan", json={"text": "on Kd-4822-X"}, timeout=60, trust_env=False).json()
    assert ("COMPANY_DATA", "own:customers") in {(one["entity_type"], one["detector"]) for one in found["findings"]}


def test_the_audit_log_has_types_and_sets_but_no_value(service: Service) -> None:
    decision = ask(service, f"on Kd-4822-X: {PASSAGE}").json()["privet"]["decision_id"]
    shown = service.privet("audit", "show", decision, "--json").stdout
    assert "Kd-4822" not in shown
    entities = [entity for record in json.loads(shown) for entity in record["event"].get("entities", ())]
    assert ["customers"] in [one.get("sets") for one in entities if one["type"] == "COMPANY_DATA"]
    assert ["contract"] in [one.get("sets") for one in entities if one["type"] == "DOCUMENT_PASSAGE"]
    assert "of customers" in service.privet("audit", "show", decision).stdout


def test_what_is_added_is_found_at_once_and_what_breaks_changes_nothing(service: Service, vendor: Vendor) -> None:
    directory = service.directory
    text = "Invoice for Pelagia Storm, please."
    (directory / "more.csv").write_text("name\nPelagia Storm\n")
    before = service.get("/healthz")["data"]["revision"]
    ask(service, f"Hello. {text}")  # remembered, under the old revision
    added = service.privet("data", "add", str(directory / "more.csv"), "--columns", "name")
    assert "registered more" in added.stdout
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.get("/healthz")["data"]["revision"] != before)
    vendor.reset()
    assert ask(service, f"Hello. {text}").status_code == 200
    assert vendor.saw("COMPANY_DATA_")
    assert not vendor.saw("Pelagia Storm")

    path = directory / "state/data/more.set"
    whole = path.read_bytes()
    damaged = path.with_name("damaged")
    damaged.write_bytes(whole[:-40] + bytes(40))
    damaged.replace(path)
    until(lambda: any("damaged" in what for what in service.get("/readyz")["missing"]))
    vendor.reset()
    ask(service, f"Good morning. {text}")
    assert not vendor.saw("Pelagia Storm")  # what was in force still is

    # A worker that starts now can't have the data that is in force: without it nothing is inspected, nothing leaves.
    vendor.reset()
    for pid in service.get("/healthz")["workers"]["detection"]["pids"]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: ask(service, f"Good night, {time.monotonic()}. {text}").status_code in {403, 503})
    assert vendor.requests == []

    privet("--config", str(service.config), "data", "remove", "more")
    until(lambda: service.get("/readyz")["ready"])
    until(lambda: ask(service, "and Kd-4822-X again").status_code == 200)
    assert not vendor.saw("Kd-4822")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda state: (state / "data/customers.set").unlink(), "data.required names customers"),
        (lambda state: os.truncate(state / "data/contract.set", 500), "damaged"),
        (
            lambda state: (state.parent / "terms.yaml").write_text(TERMS.replace("PROJECT_NAME", "PROJECT")),
            "PROJECT_NAME",
        ),
    ],
)
def test_no_start_without_all_of_it(running: Service, tmp_path: Path, harm: Any, message: str) -> None:
    directory = tmp_path / "copy"
    ignored = shutil.ignore_patterns("audit.db*", "serving.json", "*.log", "*.lock", "checkpoints*")
    shutil.copytree(running.directory, directory, ignore=ignored)
    config = str(directory / "privet.yaml")
    harm(directory / "state")
    refused = privet("--config", config, "serve", check=False)
    assert refused.returncode == 2
    assert message in refused.stderr
