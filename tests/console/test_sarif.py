"""SARIF: what the format demands, and that a value is never in it."""

import json

from console.sarif import sarif
from console.scanning import Place


def place(file="src/a b.py", kind="PASSWORD", **more):
    return Place(file, 2, 3, 2, 9, 4, 10, kind, 0.9, "x", "******", **more)


def test_a_log_has_rules_results_and_regions():
    log = json.loads(sarif([place(), place(kind="LOCATION"), place(dropped="why")], []))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["LOCATION", "PASSWORD"]
    assert [(one["ruleId"], one["ruleIndex"], one["level"]) for one in run["results"]] == [
        ("PASSWORD", 1, "error"),
        ("LOCATION", 0, "note"),
    ]
    where = run["results"][0]["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "src/a%20b.py"
    assert where["region"] == {
        "startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 9, "charOffset": 4, "charLength": 6
    }  # fmt: skip
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"][0]["executionSuccessful"]


def test_a_text_of_a_document_has_no_lines_of_the_document():
    (result,) = json.loads(sarif([place("a.docx~file/2")], []))["runs"][0]["results"]
    (where,) = result["locations"]
    assert "region" not in where["physicalLocation"]
    assert where["logicalLocations"] == [{"fullyQualifiedName": "text 2, 2:3"}]


def test_what_could_not_be_read_is_a_notification():
    (run,) = json.loads(sarif([], ["x: unreadable"]))["runs"]
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "x: unreadable"
