"""The JSON schema that a request wants its answer to fit, from where each vendor's wire format has it.

A wish for any JSON is the schema of any object. Vendors' own spellings (Gemini's upper-case types) are put right. The
result is JSON text, for a grammar; what is no schema at all counts as not asked for.
"""

import json
from collections.abc import Mapping
from typing import Any

from proxy.providers.json_dialect import items, mapping, string

_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_ANY = '{"type":"object"}'


def of_openai_chat(body: Mapping[str, Any]) -> str | None:
    """`response_format` of chat completions, and of vendors that took it over."""
    return _of_format(mapping(body.get("response_format")))


def of_openai_responses(body: Mapping[str, Any]) -> str | None:
    """`text.format` of the responses API."""
    return _of_format(mapping(mapping(body.get("text")).get("format")))


def of_anthropic(body: Mapping[str, Any]) -> str | None:
    """`output_config.format` of messages, once `output_format`."""
    wanted = mapping(mapping(body.get("output_config")).get("format")) or mapping(body.get("output_format"))
    return _of_format(wanted)


def of_gemini(config: Mapping[str, Any]) -> str | None:
    """The generation config's schema, in camel or snake case."""
    for name in ("responseJsonSchema", "response_json_schema", "responseSchema", "response_schema"):
        if isinstance(config.get(name), dict):
            return _text(config[name])
    media_type = string(config.get("responseMimeType")) or string(config.get("response_mime_type"))
    return _ANY if media_type == "application/json" else None


def of_ollama(body: Mapping[str, Any]) -> str | None:
    """`format`: the word json, or a schema."""
    wanted = body.get("format")
    if isinstance(wanted, dict):
        return _text(wanted)
    return _ANY if wanted == "json" else None


def _of_format(wanted: Mapping[str, Any]) -> str | None:
    """A format of type json_schema with the schema in one of two places, or of type json_object."""
    kind = string(wanted.get("type"))
    schema = mapping(wanted.get("json_schema")).get("schema", wanted.get("schema"))
    if kind in {"json_schema", "json_object"} and isinstance(schema, dict):
        return _text(schema)
    return _ANY if kind in {"json_object", "json_schema"} else None


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(spelled(schema), separators=(",", ":")) if schema else _ANY


def spelled(schema: Any) -> Any:
    """The schema with types in lower case; property names stay as they are, also one that is called `type`."""
    if isinstance(schema, list):
        return [spelled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    put: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "type" and isinstance(value, str) and value.lower() in _TYPES:
            put[key] = value.lower()
        elif key in {"properties", "$defs", "definitions"} and isinstance(value, dict):
            put[key] = {name: spelled(item) for name, item in value.items()}
        elif key in {"enum", "const", "default", "required", "example", "examples", "description", "title"}:
            put[key] = value
        else:
            put[key] = spelled(value)
    if "propertyOrdering" in put:
        order = [name for name in items(put.pop("propertyOrdering")) if name in mapping(put.get("properties"))]
        properties = mapping(put.get("properties"))
        put["properties"] = {**{name: properties[name] for name in order}, **properties}
    return put
