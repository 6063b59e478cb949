"""`privet policy`: check a policy, run the cases beside it, explain a decision. Prints no text that was inspected."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from configs.yaml_source import SourceError
from console.cli.context import EXIT_NEGATIVE, EXIT_USAGE, Cli, fail, out
from console.own_data import head_of, library_of, settings_if_any

if TYPE_CHECKING:
    from configs.hosts import HostEntry
    from detectors.finding import Label, Scan
    from local_models.tasks.router import Recognised
    from policy.decision import EntityFact, Inquiry
    from policy.explain import Explanation
    from policy.model import Policy

# The modules behind a command are imported by it: `privet --help` and `privet policy check` load no models.

_file = click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def command() -> None:
    """Check, test and explain policies.

    \b
    Examples:
      privet policy check policy.yaml
      privet policy test policy.yaml
      privet policy explain --department finance --text "Revenue was EUR 48.2 million."
    """  # noqa: D301 - click wants the character itself


@command.command()
@_file
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(cli: Cli, file: Path | None, *, as_json: bool) -> None:
    """Report every mistake in a policy (default: the one that the settings name), with file, line and column.

    \b
    Example:
      privet policy check policy.yaml

    Remarks say what is odd, such as a rule that can never apply.

    Exit code 0: it can be used. 2: it can't.
    """  # noqa: D301 - click wants the character itself
    from console.evidence import doubts_of  # noqa: PLC0415
    from policy.lint import remarks  # noqa: PLC0415
    from policy.load import load_policy  # noqa: PLC0415

    path = _policy_path(cli, file)
    try:
        policy = load_policy(path, *_named_by_settings(cli))
    except SourceError as error:
        if as_json:
            _print_json({"usable": False, "problems": [asdict(problem) for problem in error.problems]})
        else:
            for problem in error.problems:
                click.echo(str(problem))
            count = len(error.problems)
            click.echo(f"privet: {count} problem{'s' * (count > 1)}: the policy can't be used", err=True)
        raise SystemExit(EXIT_USAGE) from None
    inherited = sorted({rule.policy_id for rule in policy.rules} - {policy.id})
    odd = [*remarks(policy), *doubts_of(policy, settings_if_any(cli))]
    if as_json:
        document = {
            "usable": True,
            "problems": [],
            "remarks": odd,
            "id": policy.id,
            "revision": policy.revision,
            "mode": policy.mode.value,
            "rules": [rule.id for rule in policy.rules],
            "departments": sorted(policy.department_names()),
            "labels": sorted(policy.labels_used()),
        }
        _print_json(document)
        return
    click.echo(
        f"{path}: policy {policy.id} can be used: {_count(policy.rules, 'rule')}"
        + (f" (some from {', '.join(inherited)})" if inherited else "")
        + f", {_count(policy.departments, 'department')}, mode {policy.mode.value}, revision {policy.revision[:12]}"
    )
    for remark in odd:
        click.echo(f"privet: {remark}", err=True)


@command.command()
@_file
@click.pass_obj
def test(cli: Cli, file: Path | None) -> None:
    """Run the cases beside a policy (NAME.test.yaml beside NAME.yaml).

    \b
    Example:
      privet policy test policy.yaml

    \b
    Exit code 0: all hold. 1: one doesn't. 2: the policy or its cases can't be used.
    """  # noqa: D301 - click wants the character itself
    from policy.testing import cases_path, load_cases, run, untested  # noqa: PLC0415

    path = _policy_path(cli, file)
    policy = _load(cli, path)
    beside = cases_path(path)
    if not beside.is_file():
        fail(f"no cases: expected {beside}. docs/policy.md says how to write them")
    try:
        cases = load_cases(beside, policy)
    except SourceError as error:
        fail("the cases can't be used:", (str(problem) for problem in error.problems))
    inspect = inspector(policy, cli) if any(case.text is not None for case in cases) else _no_text
    results = run(policy, cases, inspect)
    table = Table("case", "decided", "by", "result", box=SIMPLE_HEAD)
    for result in results:
        verdict = "[red]fails[/]" if result.failures else "[green]holds[/]"
        decided = result.decision.effect.name.lower()
        table.add_row(result.case.name, decided, ", ".join(result.decision.determining_rules), verdict)
    out().print(table)
    failed = [result for result in results if result.failures]
    for result in failed:
        for failure in result.failures:
            click.echo(f"{beside}:{result.case.line}: {result.case.name}: {failure}")
    own = {rule.id for rule in policy.rules if rule.policy_id == policy.id}
    if missing := [rule for rule in untested(policy, results) if rule in own]:
        click.echo(f"privet: no case in which it applies: {', '.join(missing)}", err=True)
    click.echo(f"{len(results) - len(failed)} of {_count(results, 'case')} hold")
    if failed:
        raise SystemExit(EXIT_NEGATIVE)


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, float]]:
    """`NAME=SCORE` options; a name alone is sure."""
    pairs = []
    for value in values:
        name, equals, score = value.partition("=")
        try:
            number = float(score) if equals else 0.99
        except ValueError:
            number = -1.0
        if not name or not 0 <= number <= 1:
            raise click.BadParameter(f"expected NAME or NAME=SCORE with a score from 0 to 1, got {value!r}")
        pairs.append((name, number))
    return pairs


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime:
    """A time with its zone."""
    try:
        read = datetime.now().astimezone() if value is None else datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise click.BadParameter(f"expected a time with its zone, such as 2026-11-24T09:30:00+01:00, got {value!r}")
    return read


@command.command()
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Policy (default: the settings').")
@click.option("--text", help="What the request says; `-` reads standard input. It is not printed.")
@click.option("--department", help="Who asks (default: the user's, else the default department).")
@click.option("--user", help="Who asks, by name.")
@click.option("--entity", "entities", multiple=True, callback=_pairs, metavar="TYPE[=SCORE]", help="A further finding.")
@click.option(
    "--label", "labels", multiple=True, callback=_pairs, metavar="NAME[=SCORE]", help="A label, instead of the text's."
)
@click.option("--language", "languages", multiple=True, metavar="CODE", help="A language, beside the text's own.")
@click.option("--task", "tasks", multiple=True, help="What the client says the request is for.")
@click.option("--model", default="", help="The model that is asked for.")
@click.option("--provider", default="openai", show_default=True, help="The provider that is asked.")
@click.option("--host", default="", help="The host that is asked.")
@click.option("--endpoint", default="", metavar="PATH", help="The path that is asked.")
@click.option("--dialect", default="", help="The format that the request is in.")
@click.option("--region", help="The host's region (default: what the table of hosts says).")
@click.option("--client", default="", help="The user agent.")
@click.option("--tool", "tools", multiple=True, help="A tool that is offered or was called.")
@click.option("--bytes", "size", type=click.IntRange(0), help="How large the body is (default: as large as the text).")
@click.option("--streaming", is_flag=True, help="The reply is to be streamed.")
@click.option("--at", "moment", callback=_moment, metavar="TIME", help="When (default: now); say the zone too.")
@click.option("--reason", is_flag=True, help="A reason is given with the request.")
@click.option("--spent", multiple=True, metavar="BUDGET", help="A budget that has nothing left.")
@click.option("--used", multiple=True, callback=_pairs, metavar="BUDGET=SHARE", help="A budget's share that is used.")
@click.option("--reply", is_flag=True, help="Ask about a reply that says this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(
    cli: Cli,
    /,
    *,
    file: Path | None,
    text: str | None,
    department: str | None,
    user: str | None,
    entities: list[tuple[str, float]],
    labels: list[tuple[str, float]],
    as_json: bool,
    **asked: Any,
) -> None:
    """Show what is found in a text, which rules apply and why, and what is decided.

    \b
    Examples:
      privet policy explain --department finance --text "Revenue was EUR 48.2 million."
      privet policy explain --label financial=0.9 --entity PERSON --model gpt-4o
      privet policy explain --host api.mistral.ai --tool shell --at 2026-11-28T23:00:00+01:00
      privet policy explain --text - < letter.txt
    """  # noqa: D301 - click wants the character itself
    from dataclasses import replace  # noqa: PLC0415

    from configs.hosts import region_of_host  # noqa: PLC0415
    from policy.decision import Direction, Inquiry  # noqa: PLC0415
    from policy.explain import explain as explain_decision  # noqa: PLC0415
    from policy.testing import with_scan  # noqa: PLC0415
    from policy.vocabulary import EVERYTHING, nearest  # noqa: PLC0415

    policy = _load(cli, _policy_path(cli, file))
    if department is not None and department not in policy.department_names():
        known = sorted(policy.department_names())
        fail(f"no department is called {department!r}{nearest(department, known) or f'. Known: {", ".join(known)}'}")
    used: list[tuple[str, float]] = asked["used"]
    inquiry = Inquiry(
        department=department or policy.department_of(user, None),
        user=user,
        entities=_facts(entities, policy.own_types),
        labels=_labels(labels, policy.own_labels),
        languages=asked["languages"],
        tasks=asked["tasks"],
        provider=asked["provider"],
        host=asked["host"],
        model=asked["model"],
        direction=Direction.REPLY if asked["reply"] else Direction.REQUEST,
        endpoint=asked["endpoint"],
        dialect=asked["dialect"],
        region=region_of_host(asked["host"]) if asked["region"] is None else asked["region"],
        client=asked["client"],
        tools=asked["tools"],
        streaming=asked["streaming"],
        bytes=asked["size"] or 0,
        at=asked["moment"],
        justified=(EVERYTHING,) if asked["reason"] else (),
        spent=_budgets(policy, asked["spent"]),
        used=dict(used) if _budgets(policy, tuple(name for name, _ in used)) else {},
    )
    scan = None
    if text is not None:
        text = sys.stdin.read() if text == "-" else text
        if asked["size"] is None:
            inquiry = replace(inquiry, bytes=len(text.encode("utf-8", "surrogatepass")))
        scan = inspector(policy, cli, classify=not labels)(text)
        inquiry = with_scan(inquiry, scan, text)
    recognised = recognised_in(policy, cli, asked["tasks"], text or "")
    inquiry = replace(inquiry, tasks=tuple(dict.fromkeys((*asked["tasks"], *(r.task for r in recognised if r.counts)))))
    explanation = explain_decision(policy, inquiry)
    if as_json:
        tasks = [{"task": one.task, "how": one.how.value, "vetoed": one.vetoed} for one in recognised]
        _print_json({**_document(explanation, inquiry, scan), "tasks": tasks})
    else:
        _print_explanation(policy, explanation, inquiry, scan, recognised)


def inspector(policy: "Policy", cli: Cli, *, classify: bool = True) -> "Callable[[str], Scan]":
    """What inspects a text as Privet does: detectors, and the classifier if the policy asks for labels."""
    from dataclasses import replace  # noqa: PLC0415

    from detectors.errors import DetectorError  # noqa: PLC0415
    from local_models.errors import LocalModelError  # noqa: PLC0415

    try:
        scan = load_scanner(cli)
        label = load_labeller(cli, policy.labels_used()) if classify and policy.labels_used() else None
    except (DetectorError, LocalModelError) as error:
        fail(f"the text can't be inspected: {error}")

    def inspect(text: str) -> "Scan":
        found = scan(text)
        return found if label is None else replace(found, labels=label(text))

    return inspect


def load_scanner(cli: Cli) -> "Callable[[str], Scan]":
    """The detectors (seconds)."""
    from detectors.scan import build_scanner  # noqa: PLC0415

    return build_scanner(own=library_of(settings_if_any(cli)).detector()).scan


def load_labeller(cli: Cli, named: frozenset[str]) -> "Callable[[str], tuple[Label, ...]]":
    """The classifiers that give these labels (seconds)."""
    from console.labelling import labeller  # noqa: PLC0415

    return labeller(head_of(settings_if_any(cli)).directory, named)


def _policy_path(cli: Cli, file: Path | None) -> Path:
    return file if file is not None else cli.settings().policy


def _named_by_settings(cli: Cli) -> "tuple[list[HostEntry], tuple[str, ...], tuple[str, ...]]":
    """What a policy may name beside what it defines: the settings' own hosts, and the company's types and labels."""
    settings = settings_if_any(cli)
    return (settings.hosts if settings is not None else []), library_of(settings).types, head_of(settings).labels


def _load(cli: Cli, path: Path) -> "Policy":
    from policy.load import load_policy  # noqa: PLC0415

    try:
        return load_policy(path, *_named_by_settings(cli))
    except SourceError as error:
        fail("the policy can't be used:", (str(problem) for problem in error.problems))


def _no_text(_text: str) -> "Scan":
    raise AssertionError("no case gives a text")


def _facts(pairs: list[tuple[str, float]], own_types: frozenset[str]) -> "tuple[EntityFact, ...]":
    from configs.entities import entity_types  # noqa: PLC0415
    from policy.decision import EntityFact  # noqa: PLC0415
    from policy.vocabulary import nearest  # noqa: PLC0415

    for name, _ in pairs:
        if name not in entity_types() and name not in own_types:
            fail(f"no entity type is called {name!r}{nearest(name, [*entity_types(), *own_types])}")
    return tuple(EntityFact(name, score) for name, score in pairs)


def _budgets(policy: "Policy", names: tuple[str, ...]) -> tuple[str, ...]:
    known = [budget.id for budget in policy.budgets]
    for name in names:
        if name not in known:
            fail(f"no budget is called {name!r}. Known: {', '.join(known) or 'none'}")
    return names


def _labels(pairs: list[tuple[str, float]], own: tuple[str, ...]) -> "tuple[Label, ...]":
    from detectors.finding import Label  # noqa: PLC0415
    from policy.vocabulary import LABELS, nearest  # noqa: PLC0415

    known = (*LABELS, *own)
    for name, _ in pairs:
        if name not in known:
            fail(f"no label is called {name!r}{nearest(name, known) or f'. Known: {", ".join(known)}'}")
    return tuple(Label(name, score, "--label") for name, score in pairs)


def recognised_in(policy: "Policy", cli: Cli, declared: tuple[str, ...], text: str) -> "tuple[Recognised, ...]":
    """Which tasks a prompt is, if the policy asks for tasks."""
    from local_models.tasks.router import Asked, Router  # noqa: PLC0415
    from local_models.tasks.task import known_tasks  # noqa: PLC0415

    if not policy.tasks_used():
        return ()
    settings = settings_if_any(cli)
    try:
        router = Router.of(known_tasks(settings.tasks.directory if settings is not None else None))
    except SourceError as error:
        fail("a task can't be used:", (str(problem) for problem in error.problems))
    return router.recognise(Asked(declared=declared, user=text))


def _print_explanation(
    policy: "Policy",
    explanation: "Explanation",
    inquiry: "Inquiry",
    scan: "Scan | None",
    recognised: "tuple[Recognised, ...]",
) -> None:
    click.echo(f"policy {policy.id}, revision {policy.revision[:12]}, mode {policy.mode.value}")
    click.echo(f"department {inquiry.department}" + (f", user {inquiry.user}" if inquiry.user else ""))
    click.echo("\nfound" + ("" if inquiry.entities else ": nothing"))
    given = len(inquiry.entities) - len(scan.findings if scan else ())
    for fact in inquiry.entities[:given]:
        click.echo(f"  {fact.entity_type:<20} {fact.score:.2f}  given by --entity")
    for finding in scan.findings if scan else ():
        where = f"characters {finding.start}-{finding.end}"
        click.echo(f"  {finding.entity_type:<20} {finding.score:.2f}  {where:<24} {finding.detector}")
    for skipped in inquiry.skipped:
        click.echo(f"  not inspected: {skipped.reason.value}")
    if inquiry.languages:
        click.echo(f"\nlanguages: {', '.join(inquiry.languages)}")
    if inquiry.labels:
        click.echo("\nlabels")
        for label in inquiry.labels:
            click.echo(f"  {label.name:<20} {label.score:.2f}  {label.model}")
    if recognised:
        click.echo("\ntasks")
        for one in recognised:
            counts = "" if one.counts else ", and doesn't count"
            vetoed = f"; the text doesn't look like its input{counts}" if one.vetoed else ""
            click.echo(f"  {one.task:<20} recognised by: {one.how.value}{vetoed}")
    click.echo("\nrules" + ("" if explanation.rules else ": none"))
    for rule in explanation.rules:
        source = "" if rule.policy_id == policy.id else f" (from {rule.policy_id})"
        click.echo(f"  {_mark(holds=rule.holds)}  {rule.id}{source}: {rule.asks}")
        if not rule.parts:
            click.echo("         always applies")
        for part in rule.parts:
            click.echo(f"       {_mark(holds=part.holds)}  {part.field}: asks for {part.wanted}; found {part.found}")
        click.echo(f"       =>   {rule.outcome}")
    first, *rest = explanation.summary
    click.echo(f"\noutcome: {first}")
    for line in rest:
        click.echo(f"  {line}")
    if explanation.decision.message:
        click.echo(f"  message: {explanation.decision.message}")


def _mark(*, holds: bool) -> str:
    return "yes" if holds else "no "


def _document(explanation: "Explanation", inquiry: "Inquiry", scan: "Scan | None") -> dict[str, Any]:
    decision = explanation.decision
    return {
        "department": inquiry.department,
        "user": inquiry.user,
        "findings": [asdict(finding) for finding in scan.findings] if scan else [],
        "entities": dict(decision.entity_counts),
        "labels": [asdict(label) for label in inquiry.labels],
        "languages": list(inquiry.languages),
        "skipped": [skipped.reason.value for skipped in inquiry.skipped],
        "rules": [asdict(rule) for rule in explanation.rules],
        "decision": {
            "effect": decision.effect.name.lower(),
            "mode": decision.mode.value,
            "policy": decision.policy_id,
            "revision": decision.policy_revision,
            "determining_rules": decision.determining_rules,
            "matched_rules": decision.counted_rules,
            "monitored_rules": decision.monitored_rules,
            "reroute_to": decision.reroute_to,
            "message": decision.message,
            "actions": [asdict(a) for a in decision.actions if a.entity_type in decision.entity_counts],
        },
        "summary": explanation.summary,
    }


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _count(things: Any, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
