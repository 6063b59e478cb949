"""`privet ca`: show and export the certificate of the authority. Its key never leaves the state directory."""

import json
import sys
from pathlib import Path

import click

from configs.state import StateError, StatePaths
from console.cli.context import Cli, fail
from proxy.authority import Authority, read_authority, utc_now


@click.group("ca")
def command() -> None:
    """Show or export the certificate that clients of the proxy must trust."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def show(cli: Cli, *, as_json: bool) -> None:
    """Show subject, validity and fingerprint.

    \b
    Example:
      privet ca show --json
    """  # noqa: D301 - click wants the character itself
    authority = _authority(cli)
    facts = {
        "subject": authority.subject,
        "not_before": authority.not_before.isoformat(),
        "not_after": authority.not_after.isoformat(),
        "sha256": authority.fingerprint,
        "certificate": str(authority.path),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):<12} {value}")
    if authority.expires_soon(utc_now()):
        click.echo("privet: it expires soon: plan the change to a new one", err=True)


@command.command("export")
@click.option("--format", "form", type=click.Choice(["pem", "der"]), default="pem", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; default: stdout.")
@click.pass_obj
def export(cli: Cli, form: str, output: Path | None) -> None:
    """Write the certificate, never the key.

    \b
    Example:
      privet ca export --format der --output privet.cer

    \b
    Where it goes:
      Debian, Ubuntu   /usr/local/share/ca-certificates/privet.crt, then update-ca-certificates
      Fedora, RHEL     /etc/pki/ca-trust/source/anchors/privet.pem, then update-ca-trust
      macOS            security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain FILE
      Windows          certutil -addstore -f root FILE   (--format der)
    """  # noqa: D301 - click wants the character itself
    authority = _authority(cli)
    data = authority.pem() if form == "pem" else authority.der()
    if output is not None:
        try:
            output.write_bytes(data)
        except OSError as error:
            fail(f"{output}: can't be written: {error.strerror}")
        click.echo(f"wrote {output}", err=True)
        return
    if form == "der" and sys.stdout.isatty():
        fail("DER is binary: name a file with --output, or choose --format pem")
    click.echo(data, nl=False)


def _authority(cli: Cli) -> Authority:
    try:
        return read_authority(StatePaths(cli.settings().state_dir), utc_now())
    except StateError as error:
        fail(str(error))
