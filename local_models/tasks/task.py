"""`Task`: a job that comes again and again, read from a folder with `task.yaml` and `examples.jsonl`.

Everything that is wrong in a folder is told at once, with file and line. What an example says is never quoted: it may
be a customer's mail.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from configs.yaml_source import Problem, SourceError, YamlSource, load_yaml
from local_models.tasks.fields import Field, FieldsError, fields_of, misfits
from local_models.tasks.template import HOLE, SHORTEST, Template

SHIPPED = Path(__file__).parents[2] / "configs" / "tasks"
TASK_FILE, EXAMPLES_FILE = "task.yaml", "examples.jsonl"
LEAST = 10  # examples of a task: fewer say nothing of how well something does it
_LONGEST = 100_000  # characters of an input
_MOST = 100_000  # examples
_KEYS = ("id", "about", "kind", "prompt", "schema", "templates")
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")

type TaskKind = Literal["classify", "extract"]


@dataclass(frozen=True, slots=True)
class Example:
    """An input and what is right for it. Without an output it is a near miss: not this task at all."""

    input: str = field(repr=False)
    output: Mapping[str, Any] | None = field(repr=False)
    source: str = ""


@dataclass(frozen=True)
class Task:
    """A named task."""

    id: str
    about: str
    kind: TaskKind
    prompt: str
    schema: Mapping[str, Any] = field(repr=False)
    templates: tuple[str, ...] = field(default=(), repr=False)
    examples: tuple[Example, ...] = field(default=(), repr=False)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What the output is made of."""
        return fields_of(self.schema)

    @property
    def positives(self) -> tuple[Example, ...]:
        """The examples that are this task."""
        return tuple(one for one in self.examples if one.output is not None)

    @property
    def near_misses(self) -> tuple[Example, ...]:
        """The examples that aren't."""
        return tuple(one for one in self.examples if one.output is None)

    @cached_property
    def revision(self) -> str:
        """SHA-256 of what an answerer depends on. Other examples or words make another one."""
        plain = {
            "kind": self.kind,
            "prompt": self.prompt,
            "schema": self.schema,
            "examples": [[one.input, one.output] for one in self.examples],
        }
        return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    def instruction(self, text: str) -> str:
        """The prompt for one input."""
        return self.prompt.replace(HOLE, text) if HOLE in self.prompt else f"{self.prompt.rstrip()}\n\n{text}"

    def fits(self, output: Any) -> bool:
        """Whether an output is one that the task can have."""
        return not misfits(self.fields, output)


def same(task: Task, expected: Mapping[str, Any] | None, got: Mapping[str, Any] | None) -> bool:
    """Whether an answer is right: every required field says the same. No output is only ever right for none."""
    if expected is None or got is None:
        return expected is None and got is None
    return all(
        one.name in got and one.same(expected.get(one.name), got[one.name]) for one in task.fields if one.required
    )


def load_tasks(*directories: Path) -> Mapping[str, Task]:
    """The tasks of these directories, one folder each; without any, those that come with Privet. `SourceError`."""
    tasks: dict[str, Task] = {}
    for directory in directories or (SHIPPED,):
        if not directory.is_dir():
            raise SourceError([Problem(str(directory), 1, 1, "no such directory. Expected one with a folder per task")])
        for folder in sorted(one for one in directory.iterdir() if (one / TASK_FILE).is_file()):
            task = load_task(folder)
            if task.id in tasks:
                problem = f"another task is called {task.id} already. Choose another id"
                raise SourceError([Problem(str(folder / TASK_FILE), 1, 1, problem)])
            tasks[task.id] = task
    return tasks


def known_tasks(own: Path | None = None) -> Mapping[str, Task]:
    """The tasks that come with Privet and the company's own, which go before. Raises `SourceError`."""
    return {**load_tasks(SHIPPED), **(load_tasks(own) if own is not None else {})}


def load_task(folder: Path) -> Task:
    """Read a task's folder. Raises `SourceError` with everything that is wrong in it."""
    source = load_yaml(folder / TASK_FILE)
    problems = list(_problems(source))
    if problems:
        raise SourceError(problems)
    data = source.data
    task = Task(
        id=data["id"],
        about=" ".join(data["about"].split()),
        kind=data["kind"],
        prompt=data["prompt"],
        schema=data["schema"],
        templates=tuple(data.get("templates", ())),
    )
    path = folder / EXAMPLES_FILE
    examples, problems = _examples(path, task.fields)
    if problems := problems or list(_lacking(path, task, examples)):
        raise SourceError(sorted(problems))
    return Task(
        id=task.id,
        about=task.about,
        kind=task.kind,
        prompt=task.prompt,
        schema=task.schema,
        templates=task.templates,
        examples=examples,
    )


def load_examples(path: Path, fields: Sequence[Field] = ()) -> tuple[Example, ...]:
    """Read examples, JSON lines of input, output and source; with `fields`, outputs fit them. Raises `SourceError`."""
    examples, problems = _examples(path, fields)
    if problems:
        raise SourceError(problems)
    return examples


def _problems(source: YamlSource) -> Iterator[Problem]:
    data = source.data
    if not isinstance(data, dict):
        yield source.problem((), f"expected the keys {', '.join(_KEYS)}")
        return
    for key in data:
        if key not in _KEYS:
            yield source.problem((str(key),), f"unknown key {key!r}: expected {', '.join(_KEYS)}", of_key=True)
    for key in ("id", "about", "kind", "prompt"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            yield source.problem((key,), f"{key}: expected a text")
    if isinstance(data.get("id"), str) and not _ID.fullmatch(data["id"]):
        yield source.problem(("id",), "id: expected small letters, digits and _, such as sort_mail")
    if data.get("kind") not in {"classify", "extract"}:
        yield source.problem(("kind",), "kind: expected classify (one of some words) or extract (values of the input)")
    templates = data.get("templates", [])
    if not isinstance(templates, list) or not all(isinstance(one, str) for one in templates):
        yield source.problem(("templates",), f"templates: expected a list of texts with {HOLE}")
    else:
        for index, one in enumerate(templates):
            if one.count(HOLE) != 1:
                yield source.problem(("templates", index), f"expected {HOLE} once, where the input stands")
            elif Template.of(one).size < SHORTEST:
                yield source.problem(
                    ("templates", index), f"expected at least {SHORTEST} words and signs beside {HOLE}"
                )
    try:
        fields = fields_of(data.get("schema"))
    except FieldsError as error:
        yield source.problem(("schema", *error.path), f"schema: {error}")
        return
    if data.get("kind") == "classify" and [one.kind for one in fields if one.required] != ["choice"]:
        yield source.problem(("schema",), "a task of kind classify has one required field, an enum of words")


def _examples(path: Path, fields: Sequence[Field]) -> tuple[tuple[Example, ...], list[Problem]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return (), [Problem(str(path), 1, 1, "not UTF-8 text")]
    except OSError as error:
        why = error.strerror or "unreadable"
        return (), [Problem(str(path), 1, 1, f'can\'t be read: {why}. Expected lines of {{"input": …, "output": …}}')]
    examples: list[Example] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            example = _example(line, fields)
        except ValueError as error:
            problems.append(Problem(str(path), number, 1, str(error)))
            continue
        if (first := seen.setdefault(example.input, number)) != number:
            problems.append(Problem(str(path), number, 1, f"the input of line {first} once more. Keep one of them"))
            continue
        examples.append(example)
        if len(examples) > _MOST:
            problems.append(Problem(str(path), number, 1, f"more than {_MOST} examples"))
            break
    return tuple(examples), problems


def _example(line: str, fields: Sequence[Field]) -> Example:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not a line of JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("input"), str) or not row["input"].strip():
        raise ValueError('expected {"input": text, "output": {…} or null}')
    if len(row["input"]) > _LONGEST:
        raise ValueError(f"the input has {len(row['input'])} characters, expected at most {_LONGEST}")
    if "output" not in row:
        raise ValueError("output is missing. Null means: this is not the task")
    output, source = row["output"], row.get("source", "")
    if output is not None and not isinstance(output, dict):
        raise ValueError("output: expected an object, or null if this is not the task")
    if not isinstance(source, str):
        raise ValueError("source: expected a text")  # noqa: TRY004 - one kind of error for what stands in a line
    if output is not None and fields and (wrong := misfits(fields, output)):
        raise ValueError(f"output: {'; '.join(wrong)}")
    return Example(row["input"], output, source)


def _lacking(path: Path, task: Task, examples: Sequence[Example]) -> Iterator[Problem]:
    """What examples must have to say anything: some of each word of a classification."""
    positives = [one for one in examples if one.output is not None]
    if len(positives) < LEAST:
        yield Problem(str(path), 1, 1, f"{len(positives)} examples of the task, expected at least {LEAST}")
        return
    for one in task.fields:
        if one.kind == "choice" and one.required:
            counts = Counter(example.output[one.name] for example in positives if example.output is not None)
            few = [word for word in one.choices if counts[word] < 2]
            if few:
                words = ", ".join(few)
                yield Problem(
                    str(path), 1, 1, f"{one.name}: expected at least 2 examples of each word; too few: {words}"
                )
