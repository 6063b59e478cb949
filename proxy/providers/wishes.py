"""What a request wants of an answer beside its text, from where each vendor's wire format has it: tools, stops, limits.

A tool that a vendor runs itself (a web search, code execution, a remote MCP server) isn't there inside: the model is
not told of it, and a request that insists on one is refused. So is what would change the answer's shape and nobody
inside does: several answers at once, log probabilities, sound and pictures. `unmet` names those fields.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local_models.speech import AUTO, NO_ARGUMENTS, NONE, REQUIRED, Tool
from proxy.message import Wishes
from proxy.providers.json_dialect import items, mapping, real_number, string
from proxy.providers.structured import spelled

_WORDS = {"auto": AUTO, "none": NONE, "required": REQUIRED, "any": REQUIRED, "validated": AUTO}
_MOST_STOPS = 16


def of_openai_chat(body: Mapping[str, Any]) -> Wishes:
    """Chat completions, and vendors that took them over (Mistral, Cohere, Ollama)."""
    wanted = body.get("tool_choice")
    name = string(mapping(mapping(wanted).get("function")).get("name"))
    among = mapping(mapping(wanted).get("allowed_tools"))
    name = name or string(among.get("mode"))
    tools = _among(_functions(items(body.get("tools")), "function"), among)
    unmet = [field for field in ("logprobs", "top_logprobs", "audio", "functions") if body.get(field)]
    if _many(body.get("n")):
        unmet.append("n")
    if set(items(body.get("modalities"))) - {"text"}:
        unmet.append("modalities")
    # Cohere writes its words large, and stop sequences otherwise.
    stop = body.get("stop") or body.get("stop_sequences")
    return _wishes(tools, wanted if isinstance(wanted, str) else name, stop, body.get("top_p", body.get("p")), unmet)


def of_openai_responses(body: Mapping[str, Any]) -> Wishes:
    """Responses. Built-in tools are no functions."""
    functions = [tool for tool in items(body.get("tools")) if mapping(tool).get("type") == "function"]
    wanted = body.get("tool_choice")
    chosen = mapping(wanted)
    word = wanted if isinstance(wanted, str) else string(chosen.get("name")) or string(chosen.get("mode"))
    unmet = [field for field in ("top_logprobs", "background") if body.get(field)]
    if "message.output_text.logprobs" in items(body.get("include")):
        unmet.append("include")
    if chosen and not word:
        unmet.append("tool_choice")  # a vendor's own tool
    return _wishes(_among(_functions(functions, None), chosen), word, None, body.get("top_p"), unmet)


def of_anthropic(body: Mapping[str, Any]) -> Wishes:
    """Messages. The vendor's own tools have a type that isn't custom."""
    tools = [
        Tool(string(tool.get("name")), string(tool.get("description")), _schema(tool.get("input_schema")))
        for tool in map(mapping, items(body.get("tools")))
        if tool.get("type") in {None, "custom"}
    ]
    choice = mapping(body.get("tool_choice"))
    kind = string(choice.get("type"))
    word = string(choice.get("name")) if kind == "tool" else kind
    return _wishes(tools, word, body.get("stop_sequences"), body.get("top_p"), ())


def of_gemini(body: Mapping[str, Any], config: Mapping[str, Any]) -> Wishes:
    """Generate content, in camel or snake case."""
    tools: list[Tool] = []
    for entry in map(mapping, items(body.get("tools"))):
        for one in map(mapping, items(_either(entry, "functionDeclarations", "function_declarations"))):
            schema = _either(one, "parametersJsonSchema", "parameters_json_schema") or one.get("parameters")
            tools.append(Tool(string(one.get("name")), string(one.get("description")), _schema(schema)))
    calling = mapping(
        _either(mapping(_either(body, "toolConfig", "tool_config")), "functionCallingConfig", "function_calling_config")
    )
    allowed = [string(name) for name in items(_either(calling, "allowedFunctionNames", "allowed_function_names"))]
    word = string(calling.get("mode")).lower()
    if word == "any" and allowed:
        tools = [tool for tool in tools if tool.name in allowed]
    unmet = [name for name in ("responseLogprobs", "response_logprobs", "logprobs") if config.get(name)]
    unmet += [name for name in ("candidateCount", "candidate_count") if _many(config.get(name))]
    modalities = {string(one).lower() for one in items(_either(config, "responseModalities", "response_modalities"))}
    if modalities - {"text"}:
        unmet.append("responseModalities")
    stop = _either(config, "stopSequences", "stop_sequences")
    return _wishes(tools, word, stop, _either(config, "topP", "top_p"), unmet)


def of_bedrock(body: Mapping[str, Any]) -> Wishes:
    """Converse."""
    config = mapping(body.get("toolConfig"))
    tools = [
        Tool(
            string(spec.get("name")),
            string(spec.get("description")),
            _schema(mapping(spec.get("inputSchema")).get("json")),
        )
        for spec in (mapping(mapping(entry).get("toolSpec")) for entry in items(config.get("tools")))
        if spec
    ]
    choice = mapping(config.get("toolChoice"))
    word = string(mapping(choice.get("tool")).get("name")) or next(iter(choice), "")
    inference = mapping(body.get("inferenceConfig"))
    return _wishes(tools, word, inference.get("stopSequences"), inference.get("topP"), ())


def of_ollama(body: Mapping[str, Any]) -> Wishes:
    """Ollama, which has no choice of tools."""
    options = mapping(body.get("options"))
    tools = _functions(items(body.get("tools")), "function")
    unmet = [field for field in ("logprobs", "top_logprobs", "raw") if body.get(field)]
    return _wishes(tools, "", options.get("stop"), options.get("top_p"), unmet)


def _wishes(tools: Iterable[Tool], word: str, stop: Any, top_p: Any, unmet: Iterable[str]) -> Wishes:
    offered = tuple(tool for tool in tools if tool.name)
    names = {tool.name for tool in offered}
    choice = word if word in names else _WORDS.get(word.lower(), AUTO)
    missing = list(unmet)
    if choice == REQUIRED and not offered:
        missing.append("tool_choice")  # only a vendor's own tools are there, or none
    if word and word not in names and word.lower() not in _WORDS:
        missing.append("tool_choice")
    words = [stop] if isinstance(stop, str) else [one for one in items(stop) if isinstance(one, str)]
    return Wishes(
        tools=offered,
        choice=choice,
        stop=tuple(one for one in words if one)[:_MOST_STOPS],
        top_p=real_number(top_p),
        unmet=tuple(dict.fromkeys(missing)),
    )


def _among(tools: Iterable[Tool], choice: Mapping[str, Any]) -> list[Tool]:
    """Those that a choice leaves; one without a list leaves all."""
    if "tools" not in choice:
        return list(tools)
    entries = [mapping(entry) for entry in items(choice["tools"])]
    names = {string(entry.get("name") or mapping(entry.get("function")).get("name")) for entry in entries}
    return [tool for tool in tools if tool.name in names]


def _functions(entries: list[Any], holder: str | None) -> Iterator[Tool]:
    for entry in map(mapping, entries):
        one = entry if holder is None else mapping(entry.get(holder))
        yield Tool(string(one.get("name")), string(one.get("description")), _schema(one.get("parameters")))


def _schema(schema: Any) -> str:
    return json.dumps(spelled(schema), separators=(",", ":")) if isinstance(schema, dict) and schema else NO_ARGUMENTS


def _many(value: Any) -> bool:
    return isinstance(value, int) and value > 1


def _either(data: Mapping[str, Any], camel: str, snake: str) -> Any:
    return data.get(camel, data.get(snake))
