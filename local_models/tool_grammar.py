"""Tools for a model that knows of none: they are told in words, and a grammar leaves it a choice of calls and answer.

The model writes one JSON object: `{"answer": …}`, or `{"tool": NAME, "arguments": {…}}` whose arguments fit the tool's
schema. It can't call what nobody offers, and can't but call where the caller wants it to. Whether a small model chooses
well is another question.
"""

import json
from collections.abc import Sequence
from typing import Any

from local_models.errors import GrammarError
from local_models.speech import AUTO, REQUIRED, Tool


def instruction(tools: Sequence[Tool], choice: str) -> str:
    """What the model is told."""
    offered = "\n".join(
        f"- {tool.name}: {tool.description or 'no description'} Arguments: {tool.schema}"
        for tool in _chosen(tools, choice)
    )
    how = 'Call one of these tools with {"tool": NAME, "arguments": {…}}'
    otherwise = ', or, if you need none, answer with {"answer": …}' if choice == AUTO else ""
    return f"{how}{otherwise}.\n{offered}"


def schema_of(tools: Sequence[Tool], choice: str, answer: str | None = None) -> str:
    """The JSON schema of what the model may write; `answer` is the one that its own words are to fit.

    Raises `GrammarError` on a schema that is none.
    """
    definitions: dict[str, Any] = {}
    forms: list[Any] = []
    for number, tool in enumerate(_chosen(tools, choice)):
        definitions[f"tool{number}"] = _under(_parsed(tool.schema), f"#/$defs/tool{number}")
        arguments = {"$ref": f"#/$defs/tool{number}"}
        forms.append(_object(tool={"const": tool.name}, arguments=arguments))
    if choice == AUTO:
        definitions["answer"] = {"type": "string"} if answer is None else _under(_parsed(answer), "#/$defs/answer")
        forms.append(_object(answer={"$ref": "#/$defs/answer"}))
    return json.dumps({"$defs": definitions, "anyOf": forms}, separators=(",", ":"))


def read(text: str) -> str | tuple[str, str]:
    """What the model wrote: its own words, or a tool's name and the text of its arguments. Raises `GrammarError`."""
    try:
        data = json.loads(text)
        if "answer" in data:
            answer = data["answer"]
            return answer if isinstance(answer, str) else _compact(answer)
        return str(data["tool"]), _compact(data["arguments"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise GrammarError("the model's call of a tool can't be read") from None


def _chosen(tools: Sequence[Tool], choice: str) -> list[Tool]:
    return [tool for tool in tools if choice in {AUTO, REQUIRED, tool.name}]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _parsed(schema: str) -> dict[str, Any]:
    try:
        parsed = json.loads(schema)
    except (ValueError, RecursionError):
        raise GrammarError("a tool's JSON schema is no JSON") from None
    if not isinstance(parsed, dict):
        raise GrammarError("a tool's JSON schema is no object")
    return parsed or {"type": "object"}


def _under(value: Any, place: str) -> Any:
    """A schema whose references point to where it stands now."""
    if isinstance(value, list):
        return [_under(item, place) for item in value]
    if not isinstance(value, dict):
        return value
    put = {key: _under(item, place) for key, item in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        put["$ref"] = place + reference.removeprefix("#")
    return put


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
