"""`privet justify`: say why something should be sent that a rule asks about."""

import click

from console.cli.context import EXIT_NEGATIVE, Cli, fail
from console.instance import InstanceError, find_running, tell


@click.command("justify")
@click.argument("decision")
@click.argument("reason")
@click.pass_obj
def command(cli: Cli, decision: str, reason: str) -> None:
    """Say why, for a request that was refused with the question. Then send the very same request again.

    DECISION is the id in the refusal. REASON is kept in the audit log as the policy says: its keyed hash and length, or
    its words too.

    \b
    Example:
      privet justify 01J9ZQ3W8Y5T6V7X2C4B1N0M8K "The customer asked for this translation."

    \b
    Exit code 0: it may be sent for an hour. 1: nobody was asked, or too long ago. 2: Privet can't be reached.
    """  # noqa: D301 - click wants the character itself
    try:
        running = find_running(cli.settings())
        if running is None:
            fail("no Privet serves with these settings. Start it with: privet serve")
        status, answer = tell(running, "/justify", {"decision_id": decision, "reason": reason})
    except InstanceError as error:
        fail(str(error))
    if status != 200:
        fail(str(answer.get("error") or f"Privet answered with status {status}"), code=EXIT_NEGATIVE)
    minutes = int(answer.get("seconds", 0)) // 60
    click.echo(
        f"Recorded for {', '.join(answer.get('rules', ()))}. Send the same request again within {minutes} minutes."
    )
