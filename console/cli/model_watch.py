"""`privet models watch`: how often models that do tasks agree with a larger one, and which were turned off for it."""

import json

import click
from rich.table import Table

from configs.state import StatePaths
from console.cli.context import EXIT_NEGATIVE, Cli, fail, out


@click.command("watch")
@click.option("--reset", "model", metavar="MODEL", help="Forget a model's counts (all: of all). It is on again.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def watch_models(cli: Cli, *, model: str | None, as_json: bool) -> None:
    """Show how often each model that does a task agreed with the larger one that was asked too.

    Of what such a model is sure enough of, the share `tasks.watch` is answered by the first model inside of its
    `escalate`, too. A model that is shown to agree in less than `tasks.agreement` is turned off by the running Privet:
    its requests go to the next model that it escalates to. It is on again after --reset, or when it was chosen anew.

    \b
    Examples:
      privet models watch
      privet models watch --reset sorter

    Exit code 1 when a model is turned off.
    """  # noqa: D301 - click wants the character itself
    from proxy.agreement import AgreementError, Agreements  # noqa: PLC0415 - the proxy's packages
    from proxy.watch import plain  # noqa: PLC0415 - the same

    path = StatePaths(cli.settings().state_dir).agreement
    agreements = Agreements(path)
    try:
        if model is not None:
            count = agreements.reset(None if model == "all" else model) if path.is_file() else 0
            if not count:
                fail(f"nothing is counted of {model!r}", code=EXIT_NEGATIVE)
        rows = agreements.rows() if path.is_file() else ()
    except AgreementError as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps([plain(one) for one in rows], indent=2))
    elif not rows:
        click.echo("Nothing was compared yet.")
    else:
        table = Table(box=None, pad_edge=False)
        for title in ("model", "compared with", "answers", "agreed", "at least", "at most", "expected", "state"):
            table.add_column(title, justify="left" if title in {"model", "compared with", "state"} else "right")
        for one in rows:
            least, most = one.bounds
            share = one.agreed / one.compared if one.compared else 0.0
            state = "off" if one.off else "on"
            table.add_row(
                *(one.model, one.other, str(one.compared), f"{share:.1%}"),
                *(f"{least:.1%}", f"{most:.1%}", f"{one.least:.0%}", state),
            )
        out().print(table)
    if any(one.off for one in rows):
        raise SystemExit(EXIT_NEGATIVE)
