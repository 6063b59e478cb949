"""The hosts that are looked into."""

import re

import pytest
from pydantic import ValidationError

from configs.hosts import (
    HostEntry,
    host_patterns,
    host_table,
    is_llm_host,
    llm_hosts,
    provider_of_host,
    region_of_host,
    shipped_entries,
    table_version,
)

PROVIDERS = [
    ("api.openai.com", "openai"),
    ("API.OpenAI.com", "openai"),
    ("api.openai.com.", "openai"),
    ("eu.api.openai.com", "openai"),
    ("x.openai.azure.com", "azure-openai"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini"),
    ("europe-west1-aiplatform.googleapis.com", "gemini"),
    ("bedrock-runtime.eu-central-1.amazonaws.com", "bedrock"),
    ("files.oaiusercontent.com", "chatgpt"),
    ("api.individual.githubcopilot.com", "github"),
    ("dashscope-intl.aliyuncs.com", "alibaba"),
    ("api5.cursor.sh", "cursor"),
    ("us-only.gcpp.cursor.sh", "cursor"),
    ("q.us-east-1.amazonaws.com", "kiro"),
    ("ollama.com", "ollama"),
    # not LLM traffic, or not to be read
    ("auth.openai.com", None),
    ("authenticate.cursor.sh", None),
    ("sqs.us-east-1.amazonaws.com", None),
    ("openai.com", None),
    ("api.openai.com.evil.example.com", None),
    ("evil-api.openai.com", None),
    ("openai.azure.com", None),
    ("x.y-aiplatform.googleapis.com.evil.com", None),
    ("bedrock-runtime.evil.com.amazonaws.com", None),
    ("login.microsoftonline.com", None),
    ("pypi.org", None),
    ("", None),
]


@pytest.mark.parametrize(("host", "provider"), PROVIDERS)
def test_providers(host: str, provider: str | None) -> None:
    assert provider_of_host(host) == provider
    assert is_llm_host(host) is (provider is not None)
    matched = any(re.search(pattern, f"{host}:443", re.IGNORECASE) for pattern in host_patterns())
    assert matched is (provider is not None)


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("llm.example.com", "llm.example.com", True),
        ("llm.example.com", "x.llm.example.com", False),
        ("*.example.com", "a.b.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "badexample.com", False),
        ("llm-*.example.com", "llm-1.example.com", True),
        ("llm-*.example.com", "llm-1.x.example.com", False),
        ("llm.example.com", "llmXexample.com", False),
    ],
)
def test_further_hosts(pattern: str, host: str, expected: bool) -> None:
    assert is_llm_host(host, [pattern]) is expected
    assert any(re.search(p, f"{host}:443") for p in host_patterns([pattern])) is expected


def test_the_shipped_list_is_sound() -> None:
    assert len(llm_hosts()) > 100
    for pattern in llm_hosts():
        assert re.fullmatch(r"(\*\.)?[a-z0-9.*-]+", pattern)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", table_version())
    written = [pattern for entry in shipped_entries() for pattern in entry.hosts]
    assert len(written) == len(set(written)), "a pattern stands in two entries"
    for entry in shipped_entries():
        for pattern in entry.hosts:
            example = pattern.replace("*", "x")
            assert host_table().knows(example)
            assert host_table().provider(example)


REGIONS = [
    ("eu.api.openai.com", "eu"),
    ("api.openai.com", "us"),
    ("jp.api.openai.com", ""),
    ("api.mistral.ai", "eu"),
    ("bedrock-runtime.eu-central-1.amazonaws.com", "eu"),
    ("bedrock-runtime.EU-West-1.amazonaws.com.", "eu"),
    ("bedrock-runtime.us-east-1.amazonaws.com", "us"),
    ("europe-west4-aiplatform.googleapis.com", "eu"),
    ("api.deepseek.com", "cn"),
    # in Europe, not in the EU
    ("bedrock-runtime.eu-west-2.amazonaws.com", "uk"),
    ("bedrock-runtime.eu-central-2.amazonaws.com", "ch"),
    ("europe-west2-aiplatform.googleapis.com", "uk"),
    # nobody says
    ("bedrock-runtime.ap-south-1.amazonaws.com", ""),
    ("x.openai.azure.com", ""),
    ("europe.example.com", ""),
    ("", ""),
]


@pytest.mark.parametrize(("host", "region"), REGIONS)
def test_regions(host: str, region: str) -> None:
    assert region_of_host(host) == region


def test_a_users_own_entries_come_first() -> None:
    own = HostEntry(provider="acme", dialect="ollama", region="eu", hosts=("llm.acme.example", "*.acme.example"))
    moved = HostEntry(provider="openai", dialect="openai", region="eu", hosts=("api.openai.com",))
    table = host_table((own, moved), ("plain.example",))
    assert (table.provider("llm.acme.example"), table.family("x.acme.example")) == ("acme", "ollama")
    assert table.region("api.openai.com") == "eu"
    assert region_of_host("api.openai.com") == "us"
    assert (table.knows("plain.example"), table.provider("plain.example")) == (True, None)
    assert (table.family("plain.example"), table.region("plain.example")) == ("generic", "")
    assert not table.knows("acme.example")
    for host in ("llm.acme.example", "plain.example", "api.anthropic.com"):
        assert any(re.search(expression, f"{host}:443") for expression in table.expressions())


@pytest.mark.parametrize(
    "entry",
    [
        {"provider": "Acme Inc", "hosts": ["a.example"]},
        {"provider": "acme", "hosts": []},
        {"provider": "acme", "hosts": ["https://a.example"]},
        {"provider": "acme", "hosts": ["a.example:443"]},
        {"provider": "acme", "hosts": ["*"]},
        {"provider": "acme", "hosts": ["*.*"]},
        {"provider": "acme", "hosts": [""]},
        {"provider": "acme", "hosts": ["a.example"], "dialect": "openia"},
        {"provider": "acme", "hosts": ["a.example"], "region": "Europe"},
        {"provider": "acme", "hosts": ["a.example"], "port": 1},
    ],
)
def test_entries_that_mean_nothing_are_errors(entry: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        HostEntry.model_validate(entry)
