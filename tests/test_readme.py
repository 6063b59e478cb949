"""What the documents say can be done, can be done: commands, options, make targets, links, settings and policies."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from configs.settings import settings_from
from configs.yaml_source import parse_yaml
from console.cli.main import main
from detectors.own.read_terms import SCHEMA as TERMS
from detectors.own.terms import read_dictionary
from policy.load import load_policy

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
PROGRAM = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?privet(?: |$)")


def blocks(document, *kinds):
    return [m["text"] for m in BLOCK.finditer(document.read_text("utf-8")) if m["kind"] in kinds]


def commands(document):
    text = document.read_text("utf-8")
    lines = [line for block in blocks(document, "sh", "console", "") for line in block.splitlines()]
    lines += INLINE.findall(BLOCK.sub("", text))
    return [line.strip() for line in lines if PROGRAM.match(line.strip())]


ALL_COMMANDS = sorted({(doc.relative_to(ROOT).as_posix(), line) for doc in DOCUMENTS for line in commands(doc)})


def check(line):
    """What is wrong with a quoted command; empty if it exists with its options."""
    tokens = shlex.split(line.removeprefix("$ "), comments=True)
    while tokens and not tokens[0].endswith("privet"):
        tokens.pop(0)
    command, context = main, click.Context(main, info_name="privet")
    rest = iter(tokens[1:])
    for token in rest:
        if token in {"--", "|", ">", "&&", "&", "…"}:
            return ""
        if token.startswith("-"):
            name, equals, _ = token.partition("=")
            option = next((p for p in command.get_params(context) if name in [*p.opts, *p.secondary_opts]), None)
            if option is None:
                return f"`{command.name}` has no option {name}"
            if not equals and not getattr(option, "is_flag", False) and name not in context.help_option_names:
                next(rest, None)
        elif isinstance(command, click.Group):
            if token.isupper():  # COMMAND and the like stand for any
                return ""
            below = command.get_command(context, token)
            if below is None:
                return f"`{command.name}` has no command {token}"
            command, context = below, click.Context(below, parent=context, info_name=token)
    return ""


@pytest.mark.parametrize(("document", "line"), ALL_COMMANDS)
def test_quoted_commands_exist(document, line):
    assert check(line) == ""


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("privet nonsense", "`main` has no command nonsense"),
        ("privet audit verify --nonsense", "`verify` has no option --nonsense"),
        ("privet --nonsense serve", "`main` has no option --nonsense"),
        ("privet --config privet.yaml serve", ""),
        ("HTTPS_PROXY=x .venv/bin/privet run -- curl --anything", ""),
    ],
)
def test_the_check_itself_finds_mistakes(line, wrong):
    assert check(line) == wrong


def test_the_documents_quote_commands():
    assert len(ALL_COMMANDS) > 10
    assert {"README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "docs/benchmarks.md"} <= {
        doc.relative_to(ROOT).as_posix() for doc in DOCUMENTS
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda doc: doc.name)
def test_make_targets_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = document.read_text("utf-8")
    quoted = {
        m for code in [*INLINE.findall(text), *blocks(document, "sh")] for m in re.findall(r"\bmake ([a-z]+)", code)
    }
    assert quoted <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda doc: doc.name)
def test_links_lead_somewhere(document):
    missing = [link for link in LINK.findall(document.read_text("utf-8")) if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda doc: doc.name)
def test_paths_in_code_marks_exist(document):
    """`proxy/addon.py` in a text is a file of this checkout."""
    roots = {path.name for path in ROOT.iterdir()}
    quoted = [
        code for code in INLINE.findall(document.read_text("utf-8")) if re.fullmatch(r"[\w./-]+\.(py|md|ya?ml)", code)
    ]
    missing = [code for code in quoted if code.partition("/")[0] in roots and not (ROOT / code).exists()]
    assert missing == []


FRAME = {"schema": "privet.policy/1", "id": "example", "defaults": {"effect": "allow"}}
RULE = {"id": "example", "when": {"entities": [{"group": "PII"}]}, "effect": "allow"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda doc: doc.name)
def test_yaml_examples_load(document, tmp_path):
    """Whole policies, parts of policies, rules, parts of rules; everything else is settings."""
    for number, text in enumerate(blocks(document, "yaml")):
        data = parse_yaml(text, document.name).data
        path = tmp_path / f"{number}.yaml"
        if "cases" in data:
            continue  # these need the policy beside them; `privet policy test` runs on the shipped ones
        if isinstance(data, dict) and data.get("schema") == TERMS:
            path.write_text(text, "utf-8")
            assert read_dictionary(path).size
            continue
        if "schema" in data:
            path.write_text(text, "utf-8")
        elif isinstance(data, list):
            path.write_text(json.dumps({**FRAME, "rules": data}), "utf-8")
        elif data.keys() <= {"when", "effect", "obligations", "message", "mode"}:
            path.write_text(json.dumps({**FRAME, "rules": [{**RULE, **data}]}), "utf-8")
        elif data.keys() <= {"departments", "models", "rules", "defaults", "mode", "extends"}:
            path.write_text(json.dumps({**FRAME, **data}), "utf-8")
        else:
            settings_from(parse_yaml(text, document.name), tmp_path)
            continue
        load_policy(path)


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert re.findall(r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[:1] == [version]


def help_texts(command, context):
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from help_texts(below, click.Context(below, parent=context, info_name=name))


def test_help_is_shown_as_it_was_written():
    """A raw docstring holds a backslash and a b, not the character that keeps click from joining lines."""
    joined = [path for path, text in help_texts(main, click.Context(main, info_name="privet")) if "\\b" in text]
    assert joined == []
