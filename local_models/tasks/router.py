"""Which named task is a request? What it declares first, then the schema it wants, then the prompt's template.

Whether a request is simple can't be told from its text; whether it is a task that is known can. A request may be
several tasks: all of them count, so that naming one hides no other. The veto only ever takes away, and never what was
declared: rules about a declared task apply, whatever its input looks like.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from local_models.tasks.asked import asks_for
from local_models.tasks.task import Task
from local_models.tasks.template import Prompt, Template
from local_models.tasks.veto import Veto, veto_for


class How(StrEnum):
    """How a task was recognised. In this order."""

    DECLARED = "declared"
    SCHEMA = "schema"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a router sees of a request."""

    declared: tuple[str, ...] = ()
    schema: str | None = field(default=None, repr=False)
    system: str = field(default="", repr=False)
    user: str = field(default="", repr=False)  # the newest message


@dataclass(frozen=True, slots=True)
class Recognised:
    """A task that a request is, or would be but for the veto."""

    task: str
    how: How
    vetoed: bool = False

    @property
    def counts(self) -> bool:
        """Whether rules about the task apply."""
        return not self.vetoed or self.how is How.DECLARED


@dataclass(frozen=True, slots=True)
class Router:
    """Recognises tasks. Made once of all that are known."""

    tasks: Mapping[str, Task] = field(repr=False)
    templates: Mapping[str, Sequence[Template]] = field(repr=False)
    vetoes: Mapping[str, Veto] = field(repr=False)

    @classmethod
    def of(cls, tasks: Mapping[str, Task]) -> Self:
        """A router for these tasks. Takes about a second for two hundred examples."""
        templates = {
            one.id: tuple(Template.of(text) for text in dict.fromkeys((*one.templates, one.prompt)))
            for one in tasks.values()
        }
        vetoes = {one.id: veto_for(one, [*tasks.values()]) for one in tasks.values()}
        return cls(tasks, templates, vetoes)

    def recognise(self, asked: Asked) -> tuple[Recognised, ...]:
        """The tasks that a request is, the surest way first; each once."""
        found: dict[str, Recognised] = {}
        for task, how in self._ways(asked):
            if task not in found:
                found[task] = Recognised(task, how, vetoed=self._vetoed(task, asked))
        return tuple(found.values())

    def input_of(self, task: str, asked: Asked) -> str:
        """What the task is to be done with: by its template, else the newest message."""
        readings = _readings(asked)
        for template in self.templates.get(task, ()):
            for prompt in readings:
                if (found := template.input_of(prompt)) is not None:
                    return found
        return asked.user

    def _ways(self, asked: Asked) -> Iterable[tuple[str, How]]:
        known = {name.casefold(): name for name in self.tasks}
        yield from ((known.get(name.casefold(), name), How.DECLARED) for name in asked.declared)
        if asked.schema is not None:
            fits = [one.id for one in self.tasks.values() if asks_for(one.fields, asked.schema)]
            if len(fits) == 1:  # two tasks with one output can't be told apart by it
                yield fits[0], How.SCHEMA
        readings = _readings(asked)
        for name, templates in self.templates.items():
            if any(template.input_of(one) is not None for template in templates for one in readings):
                yield name, How.TEMPLATE

    def _vetoed(self, task: str, asked: Asked) -> bool:
        veto = self.vetoes.get(task)
        return veto is not None and veto.refuses(self.input_of(task, asked))


def _readings(asked: Asked) -> tuple[Prompt, ...]:
    """The prompt as a whole, and the newest message alone: a system message may be the template or beside it."""
    alone = Prompt(asked.user)
    return (Prompt(f"{asked.system}\n\n{asked.user}"), alone) if asked.system else (alone,)
