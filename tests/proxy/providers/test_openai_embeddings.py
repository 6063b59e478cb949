"""OpenAI embeddings. Bodies: test_dialects.py."""

import json
from typing import Any

import pytest

from detectors.finding import Skipped, SkipReason
from proxy.message import Request
from proxy.providers.dialect import EventShape
from proxy.providers.openai_embeddings import OpenAIEmbeddings

DIALECT = OpenAIEmbeddings()


@pytest.mark.parametrize(
    ("given", "readable"),
    [
        ("text", True),
        (["a", "b"], True),
        ([], True),
        ([1212, 318], False),
        ([[1212, 318], [5]], False),
        (["a", [5]], False),
        ([[]], True),
    ],
)
def test_texts_as_token_numbers_cannot_be_read(given: Any, readable: bool) -> None:
    extraction = DIALECT.extract(json.dumps({"model": "m", "input": given}).encode())
    assert extraction.skipped == (() if readable else (Skipped("/input", SkipReason.OPAQUE),))


def test_nobody_inside_answers() -> None:
    request = Request("POST", "api.openai.com", "/v1/embeddings", {}, b'{"input": "x", "model": "m"}')
    assert DIALECT.matches(request)
    assert DIALECT.chat(request) is None
    assert DIALECT.model(request) == "m"
    assert DIALECT.shape({"data": []}) == EventShape()
