"""Tools for a model that knows of none: what it is told, what it may write, and what is made of that."""

import json

import pytest

from local_models.chat import EmbeddedChat
from local_models.errors import GrammarError
from local_models.speech import AUTO, REQUIRED, Tool
from local_models.tool_grammar import instruction, read, schema_of

SCHEMA = {
    "type": "object",
    "properties": {"town": {"$ref": "#/$defs/Town"}},
    "required": ["town"],
    "additionalProperties": False,
    "$defs": {"Town": {"enum": ["Ulm", "Trier"]}},
}
WEATHER = Tool("weather", "Tells the weather in a town.", json.dumps(SCHEMA))
TIME = Tool("time")


def test_only_what_may_be_chosen_is_offered() -> None:
    assert "weather" in instruction([WEATHER, TIME], AUTO)
    assert '{"answer": …}' in instruction([WEATHER, TIME], AUTO)
    assert "answer" not in instruction([WEATHER, TIME], REQUIRED)
    assert "weather" not in instruction([WEATHER, TIME], "time")
    assert len(json.loads(schema_of([WEATHER, TIME], AUTO))["anyOf"]) == 3
    assert len(json.loads(schema_of([WEATHER, TIME], REQUIRED))["anyOf"]) == 2
    assert len(json.loads(schema_of([WEATHER, TIME], "time"))["anyOf"]) == 1


def test_references_point_to_where_the_schema_stands() -> None:
    schema = json.loads(schema_of([TIME, WEATHER], AUTO, json.dumps(SCHEMA)))
    assert schema["$defs"]["tool1"]["properties"]["town"] == {"$ref": "#/$defs/tool1/$defs/Town"}
    assert schema["$defs"]["answer"]["properties"]["town"] == {"$ref": "#/$defs/answer/$defs/Town"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"answer": "Hi"}', "Hi"),
        ('{"answer": {"a": 1}}', '{"a":1}'),
        ('{"tool": "weather", "arguments": {"town": "Ulm"}}', ("weather", '{"town":"Ulm"}')),
    ],
)
def test_what_it_wrote(text: str, said: object) -> None:
    assert read(text) == said


@pytest.mark.parametrize("text", ["", "Hi", "[]", "{}", '{"tool": "weather"}', "[" * 5000])
def test_what_is_neither_is_an_error(text: str) -> None:
    with pytest.raises(GrammarError):
        read(text)


@pytest.mark.parametrize("schema", ["{", "[]"])
def test_a_schema_that_is_none(schema: str) -> None:
    with pytest.raises(GrammarError):
        schema_of([Tool("x", "", schema)], AUTO)


@pytest.mark.parametrize("choice", [AUTO, REQUIRED, "weather"])
def test_a_real_model_writes_nothing_else(chat: EmbeddedChat, choice: str) -> None:
    assert json.loads(TIME.schema)["properties"] == {}
    told = [("system", instruction([WEATHER, TIME], choice)), ("user", "What is the weather in Trier?")]
    pieces = chat.stream(told, max_tokens=80, temperature=0.0, schema=schema_of([WEATHER, TIME], choice))
    said = read("".join(pieces))
    if choice != AUTO:
        name, arguments = said
        assert name in {"weather", "time"}
        assert isinstance(json.loads(arguments), dict)
    if choice == "weather":
        assert json.loads(arguments)["town"] in {"Ulm", "Trier"}
