"""The audit log says which languages a request was in, and how names were looked for in each."""

import json

import httpx
import openai
import pytest

from tests.e2e.test_sdks import http_client
from tests.fakes.service import Service
from tests.fakes.vendor import Vendor

pytestmark = pytest.mark.e2e

CZECH = "Dobrý den, kolega Jiří Kratochvíl z účtárny dal výpověď a chtěl by vědět, kdy dostane poslední výplatu."


def test_a_request_in_two_languages(service: Service, real_vendor: Vendor) -> None:
    client = openai.OpenAI(api_key="sk-test", http_client=http_client(service))
    system = "You are a helpful assistant. Answer in the language in which you are asked, and be brief."
    reply = client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "system", "content": system}, {"role": "user", "content": CZECH}]
    )
    assert reply.choices[0].message.content == f"You said: {CZECH}"
    assert not real_vendor.saw("Kratochvíl")
    lines = service.privet("audit", "export", "--format", "jsonl").stdout.splitlines()
    events = [json.loads(line).get("event") or {} for line in lines if '"intent"' in line]
    latest = max(events, key=lambda event: event.get("time", ""))
    assert latest["languages"] == [
        {"language": "cs", "reading": "multilingual"},
        {"language": "en", "reading": "names"},
    ]
    shown = service.privet("audit", "show", latest["decision_id"]).stdout
    assert "cs: in 1 text, read by patterns and, by what was learnt in other languages, for names" in shown


def test_scan_says_them(service: Service) -> None:
    answer = httpx.post(f"{service.api}/scan", json={"text": CZECH}, timeout=60, trust_env=False).json()
    assert answer["languages"] == ["cs"]
