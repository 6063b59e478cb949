"""The environment that a program runs in, as a table."""

from pathlib import Path

import pytest

from console.environment import ADD_ROOTS, REPLACE_ROOTS, dropped_exemptions, environment

BUNDLE, CA = Path("/s/ca/bundle.pem"), Path("/s/ca/privet-ca.pem")
HOSTS = (
    "api.openai.com",
    "api.anthropic.com",
    "*.openai.azure.com",
    "bedrock-runtime.*.amazonaws.com",
    "*-aiplatform.googleapis.com",
)
LOCAL = "localhost,127.0.0.1,::1"


def made(existing, **options):
    return environment(existing, options.pop("proxy", "127.0.0.1:8080"), BUNDLE, CA, hosts=HOSTS, **options)


def test_everything_that_is_set():
    assert made({}) == {
        "HTTPS_PROXY": "http://127.0.0.1:8080",
        "https_proxy": "http://127.0.0.1:8080",
        "HTTP_PROXY": "http://127.0.0.1:8080",
        "http_proxy": "http://127.0.0.1:8080",
        "NO_PROXY": LOCAL,
        "no_proxy": LOCAL,
        "SSL_CERT_FILE": str(BUNDLE),
        "REQUESTS_CA_BUNDLE": str(BUNDLE),
        "CURL_CA_BUNDLE": str(BUNDLE),
        "GIT_SSL_CAINFO": str(BUNDLE),
        "AWS_CA_BUNDLE": str(BUNDLE),
        "PIP_CERT": str(BUNDLE),
        "CARGO_HTTP_CAINFO": str(BUNDLE),
        "NIX_SSL_CERT_FILE": str(BUNDLE),
        "BUNDLE_SSL_CA_CERT": str(BUNDLE),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(BUNDLE),
        "CODEX_CA_CERTIFICATE": str(BUNDLE),
        "NODE_EXTRA_CA_CERTS": str(CA),
        "DENO_CERT": str(CA),
        "NODE_USE_ENV_PROXY": "1",
    }


@pytest.mark.parametrize(
    ("existing", "name", "value"),
    [
        ({"HOME": "/h"}, "HOME", "/h"),
        ({"HTTPS_PROXY": "http://other:3128"}, "HTTPS_PROXY", "http://127.0.0.1:8080"),
        ({"ALL_PROXY": "socks5://other"}, "ALL_PROXY", "http://127.0.0.1:8080"),
        ({"all_proxy": "socks5://other"}, "all_proxy", "http://127.0.0.1:8080"),
        ({}, "ALL_PROXY", None),
        ({"SSL_CERT_FILE": "/company.pem"}, "SSL_CERT_FILE", str(BUNDLE)),
        ({"NODE_EXTRA_CA_CERTS": "/company.pem"}, "NODE_EXTRA_CA_CERTS", str(BUNDLE)),
        ({"NODE_EXTRA_CA_CERTS": ""}, "NODE_EXTRA_CA_CERTS", str(CA)),
        ({"NODE_USE_ENV_PROXY": "0"}, "NODE_USE_ENV_PROXY", "1"),
        ({"OPENAI_BASE_URL": "http://inside/v1"}, "OPENAI_BASE_URL", "http://inside/v1"),
    ],
)
def test_what_becomes_of_what_was_there(existing, name, value):
    assert made(existing).get(name) == value


@pytest.mark.parametrize(
    ("existing", "kept"),
    [
        ("", ""),
        ("intranet.example", "intranet.example"),
        (" a.example , b.example ", "a.example,b.example"),
        ("localhost,127.0.0.1", ""),
        (".example,10.0.0.0/8,[::1]:80", ".example,10.0.0.0/8,[::1]:80"),
        # These would send requests to an LLM past Privet.
        ("*", ""),
        ("*,intranet.example", "intranet.example"),
        ("api.openai.com", ""),
        ("API.OpenAI.com:443", ""),
        ("openai.com", ""),
        (".anthropic.com", ""),
        ("*.anthropic.com", ""),
        ("com", ""),
        ("mine.openai.azure.com", ""),
        ("azure.com", ""),
        ("a.b.openai.azure.com", ""),
        ("amazonaws.com", ""),
        ("eu-west-1.amazonaws.com", ""),
        ("bedrock-runtime.eu-west-1.amazonaws.com", ""),
        ("googleapis.com", ""),
        ("europe-west1-aiplatform.googleapis.com", ""),
        # These only look so.
        ("s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"),
        ("storage.googleapis.com", "storage.googleapis.com"),
        ("notopenai.com", "notopenai.com"),
        ("blog.openai.com", "blog.openai.com"),
        ("api.openai.com.example", "api.openai.com.example"),
        ("openai", "openai"),
    ],
)
def test_no_proxy(existing, kept):
    expected = ",".join(filter(None, [LOCAL, kept]))
    for name in ("NO_PROXY", "no_proxy"):
        result = made({name: existing})
        assert result["NO_PROXY"] == result["no_proxy"] == expected
    dropped = dropped_exemptions({"NO_PROXY": existing}, HOSTS)
    assert not set(dropped) & set(expected.split(","))


def test_both_no_proxy_variables_count():
    assert (
        made({"NO_PROXY": "a.example", "no_proxy": "b.example,a.example"})["NO_PROXY"] == f"{LOCAL},a.example,b.example"
    )
    assert dropped_exemptions({"NO_PROXY": "a.example", "no_proxy": "*"}, HOSTS) == ("*",)


@pytest.mark.parametrize(
    ("listens", "url"),
    [
        ("127.0.0.1:9", "http://127.0.0.1:9"),
        ("0.0.0.0:9", "http://127.0.0.1:9"),
        ("[::]:9", "http://[::1]:9"),
        (":::9", "http://[::1]:9"),
        ("[::1]:9", "http://[::1]:9"),
        ("::1:9", "http://[::1]:9"),
        ("proxy.internal:9", "http://proxy.internal:9"),
    ],
)
def test_where_clients_reach_the_proxy(listens, url):
    assert made({}, proxy=listens)["HTTPS_PROXY"] == url


@pytest.mark.parametrize(
    ("existing", "path", "expected"),
    [
        ("", "/p.cjs", "--require=/p.cjs"),
        ("--max-old-space-size=4096", "/p.cjs", "--max-old-space-size=4096 --require=/p.cjs"),
        ("--require=/p.cjs", "/p.cjs", "--require=/p.cjs"),
        ("", "/a dir/p.cjs", '--require="/a dir/p.cjs"'),
    ],
)
def test_node_options(existing, path, expected):
    assert made({"NODE_OPTIONS": existing}, node_preload=Path(path))["NODE_OPTIONS"] == expected


def test_twice_is_once():
    once = made({"NO_PROXY": "a.example"}, node_preload=Path("/p.cjs"))
    twice = made(once, node_preload=Path("/p.cjs"))
    assert {**twice, **dict.fromkeys(ADD_ROOTS, "")} == {**once, **dict.fromkeys(ADD_ROOTS, "")}


def test_each_variable_says_what_reads_it():
    assert all({**REPLACE_ROOTS, **ADD_ROOTS}.values())
