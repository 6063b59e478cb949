"""What each vendor's format wants of an answer: tools and their choice, stops; and what nobody inside can do."""

from typing import Any

import pytest

from local_models.speech import AUTO, NONE, REQUIRED
from proxy.message import Wishes
from proxy.providers import wishes

FUNCTION = {"name": "weather", "description": "Tells it.", "parameters": {"type": "object"}}
CHAT = {"tools": [{"type": "function", "function": FUNCTION}]}
RESPONSES = {"tools": [{"type": "function", **FUNCTION}, {"type": "web_search"}]}
ANTHROPIC = {
    "tools": [{"name": "weather", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}]
}
GEMINI = {"tools": [{"functionDeclarations": [{**FUNCTION, "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}}]}
BEDROCK_TOOLS = [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}, {"cachePoint": {}}]


def gemini(body: dict[str, Any]) -> Wishes:
    return wishes.of_gemini(body, body.get("generationConfig") or body.get("generation_config") or {})


def mode(name: str, *allowed: str) -> dict[str, Any]:
    return {"toolConfig": {"functionCallingConfig": {"mode": name, "allowedFunctionNames": list(allowed)}}}


@pytest.mark.parametrize(
    ("found", "choice"),
    [
        (wishes.of_openai_chat(CHAT), AUTO),
        (wishes.of_openai_chat({**CHAT, "tool_choice": "required"}), REQUIRED),
        (wishes.of_openai_chat({**CHAT, "tool_choice": "any"}), REQUIRED),  # Mistral
        (wishes.of_openai_chat({**CHAT, "tool_choice": "REQUIRED"}), REQUIRED),  # Cohere
        (wishes.of_openai_chat({**CHAT, "tool_choice": "none"}), NONE),
        (
            wishes.of_openai_chat({**CHAT, "tool_choice": {"type": "function", "function": {"name": "weather"}}}),
            "weather",
        ),
        (wishes.of_openai_responses(RESPONSES), AUTO),
        (wishes.of_openai_responses({**RESPONSES, "tool_choice": {"type": "function", "name": "weather"}}), "weather"),
        (wishes.of_openai_responses({**RESPONSES, "tool_choice": "required"}), REQUIRED),
        (wishes.of_anthropic(ANTHROPIC), AUTO),
        (wishes.of_anthropic({**ANTHROPIC, "tool_choice": {"type": "any"}}), REQUIRED),
        (wishes.of_anthropic({**ANTHROPIC, "tool_choice": {"type": "tool", "name": "weather"}}), "weather"),
        (gemini(GEMINI), AUTO),
        (gemini({**GEMINI, **mode("ANY")}), REQUIRED),
        (gemini({**GEMINI, **mode("ANY", "weather")}), REQUIRED),
        (gemini({**GEMINI, **mode("VALIDATED")}), AUTO),
        (gemini({**GEMINI, **mode("NONE")}), NONE),
        (wishes.of_bedrock({"toolConfig": {"tools": BEDROCK_TOOLS}}), AUTO),
        (wishes.of_bedrock({"toolConfig": {"tools": BEDROCK_TOOLS, "toolChoice": {"any": {}}}}), REQUIRED),
        (
            wishes.of_bedrock({"toolConfig": {"tools": BEDROCK_TOOLS, "toolChoice": {"tool": {"name": "weather"}}}}),
            "weather",
        ),
        (wishes.of_ollama(CHAT), AUTO),
    ],
)
def test_tools_that_the_caller_runs(found: Wishes, choice: str) -> None:
    assert [(tool.name, tool.schema) for tool in found.tools] == [("weather", '{"type":"object"}')]
    assert found.choice == choice
    assert found.unmet == ()


TWO = [{"type": "function", "function": FUNCTION}, {"type": "function", "function": {"name": "time"}}]
FLAT = [{"type": "function", **FUNCTION}, {"type": "function", "name": "time"}]
AMONG = {"mode": "required", "tools": [{"type": "function", "name": "weather"}]}


@pytest.mark.parametrize(
    "found",
    [
        wishes.of_openai_chat({"tools": TWO, "tool_choice": {"type": "allowed_tools", "allowed_tools": AMONG}}),
        wishes.of_openai_responses({"tools": FLAT, "tool_choice": {"type": "allowed_tools", **AMONG}}),
        gemini(
            {
                "tools": [{"functionDeclarations": [FUNCTION, {"name": "time"}]}],
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
            }
        ),
    ],
)
def test_only_the_tools_that_a_choice_leaves_are_offered(found: Wishes) -> None:
    assert [tool.name for tool in found.tools] == ["weather"]
    assert (found.choice, found.unmet) == (REQUIRED, ())


@pytest.mark.parametrize(
    ("found", "stop"),
    [
        (wishes.of_openai_chat({"stop": "END"}), ("END",)),
        (wishes.of_openai_chat({"stop": ["END", "", 3]}), ("END",)),
        (wishes.of_openai_chat({"stop_sequences": ["END"]}), ("END",)),
        (wishes.of_anthropic({"stop_sequences": ["END"]}), ("END",)),
        (gemini({"generationConfig": {"stopSequences": ["END"]}}), ("END",)),
        (wishes.of_bedrock({"inferenceConfig": {"stopSequences": ["END"]}}), ("END",)),
        (wishes.of_ollama({"options": {"stop": ["END"]}}), ("END",)),
        (wishes.of_openai_chat({"stop": None}), ()),
    ],
)
def test_words_that_end_it(found: Wishes, stop: tuple[str, ...]) -> None:
    assert found.stop == stop


@pytest.mark.parametrize(
    ("found", "unmet"),
    [
        (wishes.of_openai_chat({"n": 3}), ("n",)),
        (wishes.of_openai_chat({"n": 1, "logprobs": False, "functions": []}), ()),
        (wishes.of_openai_chat({"logprobs": True, "top_logprobs": 2}), ("logprobs", "top_logprobs")),
        (wishes.of_openai_chat({"modalities": ["text", "audio"], "audio": {"voice": "x"}}), ("audio", "modalities")),
        (wishes.of_openai_chat({"functions": [FUNCTION]}), ("functions",)),
        (wishes.of_openai_chat({"tool_choice": "required"}), ("tool_choice",)),
        (wishes.of_openai_chat({**CHAT, "tool_choice": {"function": {"name": "time"}}}), ("tool_choice",)),
        (wishes.of_openai_responses({**RESPONSES, "tool_choice": {"type": "web_search"}}), ("tool_choice",)),
        (wishes.of_openai_responses({"include": ["message.output_text.logprobs"]}), ("include",)),
        (wishes.of_openai_responses({"background": True}), ("background",)),
        (wishes.of_anthropic({**ANTHROPIC, "tool_choice": {"type": "tool", "name": "bash"}}), ("tool_choice",)),
        (gemini({"generationConfig": {"candidateCount": 2}}), ("candidateCount",)),
        (gemini({"generation_config": {"response_logprobs": True}}), ("response_logprobs",)),
        (gemini({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}), ("responseModalities",)),
        (wishes.of_ollama({"logprobs": True}), ("logprobs",)),
        (wishes.of_openai_chat({"seed": 1, "frequency_penalty": 1, "user": "ana", "top_p": 0.5}), ()),
    ],
)
def test_what_nobody_inside_does(found: Wishes, unmet: tuple[str, ...]) -> None:
    assert found.unmet == unmet


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, [None], [{"function": 3}], [{"functionDeclarations": 3}]])
def test_what_is_not_as_it_should_be_is_no_tool(odd: Any) -> None:
    for read in (
        wishes.of_openai_chat,
        wishes.of_openai_responses,
        wishes.of_anthropic,
        wishes.of_ollama,
        wishes.of_bedrock,
    ):
        assert read({"tools": odd, "toolConfig": odd, "stop": odd, "options": odd}).tools == ()
    assert gemini({"tools": odd, "toolConfig": odd}).tools == ()
