"""Findings as SARIF 2.1.0, which code hosts and editors show beside the lines."""

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

from configs.entities import entity_types, sensitive_types
from console.scanning import Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INSIDE = "~file/"


def sarif(places: Sequence[Place], problems: Sequence[str]) -> str:
    """One run of `privet scan`."""
    kept = [place for place in places if not place.dropped]
    rules = sorted({place.entity_type for place in kept})
    run = {
        "tool": {
            "driver": {
                "name": "privet",
                "version": _version(),
                "rules": [{"id": name, "shortDescription": {"text": entity_types().get(name, name)}} for name in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [{"level": "error", "message": {"text": one}} for one in problems],
            }
        ],
        "results": [_result(place, rules.index(place.entity_type)) for place in kept],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(place: Place, rule: int) -> dict[str, Any]:
    file, inside, number = place.file.partition(_INSIDE)
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}},
    }
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "charOffset": place.start,
        "charLength": place.end - place.start,
    }
    if inside:
        # Lines of a text that was taken out of a document are no lines of the document.
        location["logicalLocations"] = [{"fullyQualifiedName": f"text {number}, {place.line}:{place.column}"}]
    else:
        location["physicalLocation"]["region"] = region
    what = entity_types().get(place.entity_type, place.entity_type)
    return {
        "ruleId": place.entity_type,
        "ruleIndex": rule,
        "level": "error" if place.entity_type in sensitive_types() else "note",
        "message": {"text": f"{what}: {place.masked}"},
        "locations": [location],
        "properties": {"score": place.score, "detector": place.detector},
    }


def _version() -> str:
    try:
        return version("privet")
    except PackageNotFoundError:
        return "0"
