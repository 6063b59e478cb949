"""`privet doctor`: is everything in order, and what to do where it isn't."""

import json
from datetime import UTC, datetime

import click
from rich.text import Text

from console.cli.context import EXIT_NEGATIVE, Cli, out
from console.doctor import Status, Subject, as_json, examine

_STYLES = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


@click.command("doctor")
@click.option("--json", "for_programs", is_flag=True, help="For programs.")
@click.pass_obj
def command(cli: Cli, *, for_programs: bool) -> None:
    """Check ports, certificate authority, keys, models, database, policy, packages and clock.

    Changes nothing. Exit code 0 if Privet can serve (warnings or not), 1 if something must be done first.

    \b
    Examples:
      privet doctor
      privet --config /etc/privet/privet.yaml doctor --json
    """  # noqa: D301 - click wants the character itself
    subject = Subject(cli.settings(), datetime.now(UTC))
    checks = []
    console = out()
    for check in examine(subject):
        checks.append(check)
        if not for_programs:
            status = Text(f"{check.status.value:<5}", style=_STYLES[check.status])
            console.print(Text.assemble(status, f" {check.name:<10} {check.detail}"))
            if check.todo:
                console.print(Text(f"{'':<17}→ {check.todo}", style="bold"))
    failed = sum(check.status is Status.FAIL for check in checks)
    warned = sum(check.status is Status.WARN for check in checks)
    if for_programs:
        click.echo(json.dumps({"ok": not failed, "checks": as_json(checks)}, indent=2))
    elif failed:
        console.print(f"\n{failed} to put right before Privet can serve")
    else:
        console.print("\nPrivet can serve" + (f"; {warned} to look at" if warned else ""))
    raise SystemExit(EXIT_NEGATIVE if failed else 0)
