"""How deep in strings a point of a JSON text is."""

import json

import pytest

from proxy.json_level import JsonLevel


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0),
        ("{", 0),
        ('{"', 1),
        ('{"a"', 0),
        ('{"a": "', 1),
        ('{"a": "x \\"y', 1),
        ('{"a": "x\\\\"', 0),
        ('{"a": "{\\"', 2),
        ('{"a": "{\\"b\\"', 1),
        ('{"a": "{\\"b\\": \\"', 2),
        ('{"a": " \\n[\\"', 2),
        ('{"a": "{\\"b\\": \\"c\\"}", "d": "', 1),
        ('{"a": "\\u007b\\"', 2),
        ('{"a": "\\uXYZ1{\\"', 1),  # not JSON: whatever stands there, nothing breaks
        ('{"a": "see {\\"b', 1),  # text, not JSON
        (json.dumps({"a": json.dumps({"b": json.dumps({"c": "d"})})}).split("d")[0], 3),
    ],
)
def test_depth(text: str, depth: int) -> None:
    level = JsonLevel()
    level.feed(text)
    assert level.depth == depth
    piecewise = JsonLevel()
    for character in text:
        piecewise.feed(character)
    assert piecewise.depth == depth
