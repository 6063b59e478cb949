"""A real Privet with a task's model in a worker of its own: SDKs of three vendors get its answers, the vendors nothing."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anthropic
import openai
import pytest
from pydantic import BaseModel

from local_models.tasks.heads_answerer import HeadsAnswerer
from local_models.tasks.spans import SpansAnswerer
from local_models.tasks.task import load_tasks
from proxy.agreement import LEAST
from tests.fakes.service import Service, serving
from tests.fakes.vendor import Vendor

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

TASKS = load_tasks()
MAIL, INVOICE = TASKS["email_categorisation"], TASKS["invoice_dates"]
POLICY = """
schema: privet.policy/1
id: tasks
defaults: {effect: allow}
models:
  sorter: {backend: task, task: email_categorisation, answerer: sorter}
  reader: {backend: task, task: invoice_dates, answerer: reader}
rules:
  - {id: mails, when: {tasks: [email_categorisation], providers: [openai, anthropic]}, effect: reroute, obligations: [{to: sorter}]}
  - {id: invoices, when: {tasks: [invoice_dates]}, effect: reroute, obligations: [{to: reader}]}
"""
PARCEL = "My parcel should have been here on Monday. Where is it?"
PROMPT = MAIL.templates[0].replace("{input}", PARCEL)
BILL = INVOICE.examples[1].input


class Bill(BaseModel):
    date: str
    total: float


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Vendor]]:
    directory: Path = tmp_path_factory.mktemp("tasks")
    HeadsAnswerer(grams=True).fit(MAIL, MAIL.positives).save(directory / "sorter")
    SpansAnswerer().fit(INVOICE, INVOICE.positives).save(directory / "reader")
    with Vendor() as vendor, serving(directory, vendor, POLICY) as service:
        yield service, vendor


def test_chat_completions_whole_and_streamed(behind) -> None:
    service, vendor = behind
    vendor.reset()
    workers = service.get("/healthz")["workers"]["task"]
    assert workers["alive"] == 2  # one for each model
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", max_retries=0)
    messages = [{"role": "user", "content": PROMPT}]
    whole = client.chat.completions.create(model="gpt-4o", messages=messages)
    assert json.loads(whole.choices[0].message.content) == {"category": "delivery"}
    assert vendor.http_bytes == 0
    text, first = streamed(client, PROMPT)
    assert json.loads(text) == {"category": "delivery"}
    assert vendor.http_bytes == 0
    # Most of the time goes into inspection, which a request that goes to the vendor takes, too. The best of three counts.
    first = min(first, *(streamed(client, PROMPT)[1] for _ in range(2)))
    _, elsewhere = streamed(client, "Say hello to everybody who is here today, and to nobody else.")
    assert first < 3 * elsewhere + 1
    assert service.get("/healthz")["workers"]["task"] == workers  # nobody had to wait for a new one


def streamed(client: openai.OpenAI, prompt: str) -> tuple[str, float]:
    """What comes, and the seconds until the first of it."""
    began = time.monotonic()
    messages = [{"role": "user", "content": prompt}]
    text, first = "", 0.0
    for chunk in client.chat.completions.create(model="gpt-4o", messages=messages, stream=True):
        if chunk.choices and chunk.choices[0].delta.content:
            first = first or time.monotonic() - began
            text += chunk.choices[0].delta.content
    return text, first


def test_responses_as_a_typed_object(behind) -> None:
    service, vendor = behind
    vendor.reset()
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", max_retries=0)
    reply = client.responses.parse(model="gpt-4o", input=BILL, text_format=Bill)
    assert (reply.output_parsed.date, reply.output_parsed.total) == ("2025-11-05", 248.5)
    assert vendor.http_bytes == 0


def test_messages(behind) -> None:
    service, vendor = behind
    vendor.reset()
    client = anthropic.Anthropic(api_key="x", base_url=f"{service.gateway}/anthropic", max_retries=0)
    messages = [{"role": "user", "content": PROMPT}]
    reply = client.messages.create(model="claude-sonnet-4-5", max_tokens=50, messages=messages)
    assert json.loads(reply.content[0].text) == {"category": "delivery"}
    with client.messages.stream(model="claude-sonnet-4-5", max_tokens=50, messages=messages) as events:
        assert json.loads("".join(events.text_stream)) == {"category": "delivery"}
    assert vendor.http_bytes == 0


def test_an_invoice_in_the_system_prompts_template(behind) -> None:
    service, vendor = behind
    vendor.reset()
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", max_retries=0)
    system = INVOICE.templates[0].replace("{input}", "").strip()
    messages = [{"role": "system", "content": system}, {"role": "user", "content": BILL}]
    reply = client.chat.completions.create(model="gpt-4o", messages=messages)
    assert json.loads(reply.choices[0].message.content) == {"date": "2025-11-05", "total": 248.5}
    assert vendor.http_bytes == 0


def test_what_is_no_task_goes_to_the_vendor(behind) -> None:
    service, vendor = behind
    vendor.reset()
    client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", max_retries=0)
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Say hello."}])
    assert reply.choices[0].message.content == "You said: Say hello."
    assert vendor.http_bytes > 0


class Contrary(BaseHTTPRequestHandler):
    """A larger model in the house that takes every mail for one about billing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        piece = {"choices": [{"delta": {"content": '{"category": "billing"}'}, "finish_reason": "stop"}]}
        self.wfile.write(f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n".encode())

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


WATCHED = """
schema: privet.policy/1
id: watched
defaults: {{effect: allow}}
models:
  sorter: {{backend: task, task: email_categorisation, answerer: sorter, escalate: [large]}}
  large: {{backend: openai, base_url: "http://127.0.0.1:{port}/v1", model: large}}
rules:
  - {{id: mails, when: {{tasks: [email_categorisation]}}, effect: reroute, obligations: [{{to: sorter}}]}}
"""


def test_a_model_that_disagrees_is_turned_off_and_its_requests_go_to_the_larger_one(tmp_path: Path) -> None:
    HeadsAnswerer(grams=True).fit(MAIL, MAIL.positives).save(tmp_path / "sorter")
    house = ThreadingHTTPServer(("127.0.0.1", 0), Contrary)
    threading.Thread(target=house.serve_forever, daemon=True).start()
    policy = WATCHED.format(port=house.server_port)
    try:
        with Vendor() as vendor, serving(tmp_path, vendor, policy, {"tasks": {"watch": 1.0}}) as service:
            client = openai.OpenAI(api_key="x", base_url=f"{service.gateway}/openai/v1", max_retries=0)

            def sorted_as() -> str:
                messages = [{"role": "user", "content": PROMPT}]
                reply = client.chat.completions.create(model="gpt-4o", messages=messages)
                return json.loads(reply.choices[0].message.content)["category"]

            said = [sorted_as()]
            while said[-1] == "delivery" and len(said) < 300:
                said.append(sorted_as())
            assert said[-1] == "billing"
            assert len(said) > LEAST
            (told,) = service.get("/healthz")["watched"]
            assert (told["model"], told["compared_with"], told["agreed"], told["off"]) == ("sorter", "large", 0, True)
            assert vendor.http_bytes == 0
    finally:
        house.shutdown()
        house.server_close()
    log = (tmp_path / "stderr.log").read_text()
    assert "the model sorter is turned off" in log
    assert "parcel" not in log
