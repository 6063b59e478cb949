"""The hosts that are looked into."""

import re

import pytest

from configs.hosts import host_patterns, is_llm_host, llm_hosts, provider_of_host

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
    # not LLM traffic, or not to be read
    ("auth.openai.com", None),
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
    assert len(llm_hosts()) > 50
    for pattern in llm_hosts():
        assert re.fullmatch(r"(\*\.)?[a-z0-9.*-]+", pattern)
