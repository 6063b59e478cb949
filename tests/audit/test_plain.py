"""No content gets into the log through a name that the sender chooses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import plain
from audit.errors import EventError


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", ""),
        ("/messages/0/content", "/messages/0/content"),
        ("/messages/0/content/1/text", "/messages/0/content/1/text"),
        ("/tools/3/function/name_of-it", "/tools/3/function/name_of-it"),
        ("/metadata/ana.maria@example.com", "/metadata/*"),
        ("/metadata/Ana Maria", "/metadata/*"),
        ("/metadata/4155550123", "/metadata/*"),
        ("/metadata/José", "/metadata/*"),
        ("/a~1b/c", "/*/c"),
        ("/a~json/b~2/0~file/3", "/a~json/b~2/0~file/3"),
        ("~line/3/~i4~key", "~line/3/~i4~key"),
        ("~header/x-title", "~header/x-title"),
        ("~path/3~base64/0", "~path/3~base64/0"),
        ("/a~hex/0~base32/1", "/a~hex/0~base32/1"),
        ("/a~Anna/~i12345678", "/*/*"),
        ("/" + "x" * 42, "/*"),
        ("/" + "x" * 41, "/" + "x" * 41),
        ("/" + "/".join(["abcdefgh"] * 40), "/" + "/".join(["abcdefgh"] * 28) + "/*"),
    ],
)
def test_pointer(given, shown):
    assert plain.pointer(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", ""),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions?user=ana", "/v1/chat/completions"),
        ("/v1/chat/completions;ana#b", "/v1/chat/completions"),
        ("/v1beta/models/gemini-1.5-pro:generateContent", "/v1beta/models/gemini-1.5-pro:generateContent"),
        ("/v1/models/claude-3-5-sonnet-20241022", "/v1/models/claude-3-5-sonnet-20241022"),
        ("/openai/deployments/my-gpt-4o-deployment-1/chat", "/openai/deployments/my-gpt-4o-deployment-1/chat"),
        ("/v1/threads/thread_abc123XYZ789abc/runs", "/v1/threads/thread_*/runs"),
        ("/v1/files/file-abc123DEF456ghi", "/v1/files/file-*"),
        ("/v1/users/ana@example.com", "/v1/users/*"),
        ("/v1/users/ana%40example.com", "/v1/users/*"),
        ("/v1/users/Ana Maria", "/v1/users/*"),
        ("/v1/accounts/4155550123", "/v1/accounts/*"),
        ("/" + "/".join("abc" for _ in range(40)), "/" + "/".join("abc" for _ in range(15)) + "/*"),
        ("/" + "x" * 300, "/*"),
    ],
)
def test_endpoint(given, shown):
    assert plain.endpoint(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("claude-3-5-sonnet@20241022", "claude-3-5-sonnet@20241022"),
        ("meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"),
        ("ana@example.com", "*"),
        ("my secret plan", "*"),
        ("415-555-0123", "*"),
        ("card-4111111111111111-0999", "*"),
        ("x" * 200, "*"),
    ],
)
def test_model(given, shown):
    assert plain.model(given) == shown


@pytest.mark.parametrize(
    ("function", "given", "shown"),
    [
        (plain.host, "API.OpenAI.com", "api.openai.com"),
        (plain.host, "api.openai.com:8443", "api.openai.com:8443"),
        (plain.host, "[::1]:80", "[::1]:80"),
        (plain.host, "not a host", "*"),
        (plain.address, "10.1.2.3", "10.1.2.3"),
        (plain.address, "::FFFF:10.1.2.3", "::ffff:10.1.2.3"),
        (plain.address, "fe80::1%eth0", "fe80::1"),
        (plain.address, "ana", "*"),
        (plain.address, "", ""),
        (plain.person, "ana@example.com", "ana@example.com"),
        (plain.person, "Ana María", "Ana María"),
        (plain.person, "a\nb\x1b[31m\u202e", "a?b?[31m?"),
        (plain.person, "x" * 200, "x" * 128),
        (plain.word, "tokenize", "tokenize"),
        (plain.word, "two words", "*"),
        (plain.name, "defaults.effect", "defaults.effect"),
        (plain.name, "a rule", "*"),
    ],
)
def test_forms(function, given, shown):
    assert function(given) == shown


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (plain.count, -1), (plain.count, 2**53), (plain.count, 1.0), (plain.count, True), (plain.count, "1"),
        (plain.permille, 1001), (plain.permille, 0.5), (plain.hexadecimal, "Ana Maria"), (plain.hexadecimal, "AB" * 16),
        (plain.ulid, "x"), (plain.time, "2026-11-24"), (plain.time, "2026-11-24T03:22:05Z"), (plain.word, 7),
    ],
)  # fmt: skip
def test_refused(function, wrong):
    with pytest.raises(EventError) as error:
        function(wrong)
    assert "Ana" not in str(error.value)


@pytest.mark.parametrize(
    "function", [plain.pointer, plain.endpoint, plain.model, plain.host, plain.person, plain.word, plain.name]
)
@given(text=st.text() | st.from_regex(r"[/A-Za-z0-9_.:*?#;~-]{0,80}", fullmatch=True))
def test_bounded_printable_and_idempotent(function, text):
    shown = function(text)
    assert len(shown) <= 1024
    assert shown.isprintable()
    assert function(shown) == shown


@given(st.text(min_size=1).filter(lambda text: not plain._KEY.fullmatch(text) and not plain._INDEX.fullmatch(text)))
def test_no_free_text_in_pointers(key):
    """Part by part, since a slash in a key parts it: what is shown is a plain name, an index or `*`."""
    shown = plain.pointer(f"/metadata/{key}").removeprefix("/metadata/").split("/")
    assert all(part == "*" or plain._KEY.fullmatch(part) or plain._INDEX.fullmatch(part) for part in shown if part)
