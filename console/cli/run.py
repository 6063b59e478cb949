"""`privet run`: run a command through Privet, and start Privet for it if it isn't running."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from configs.state import StateError, StatePaths
from console.child import run_command
from console.cli.context import CONFIG_NAME, Cli, fail, user_config_dir
from console.environment import dropped_exemptions, environment
from console.instance import InstanceError, running_privet, serve_command

EXIT_NOT_EXECUTABLE = 126  # as shells say it
EXIT_NOT_FOUND = 127

NODE_PRELOAD = Path(__file__).parent.parent / "node" / "proxy.cjs"


@click.command(
    "run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, no_args_is_help=True
)
@click.option("--keep", is_flag=True, help="Leave the Privet that this starts running.")
@click.argument("arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="[--] COMMAND [ARGUMENT]...")
@click.pass_obj
def command(cli: Cli, arguments: tuple[str, ...], *, keep: bool) -> None:
    """Run COMMAND with the proxy and certificate variables that send its requests through Privet.

    A Privet that serves with the same settings is used; else one is started, and ends with the last command that uses
    it. Without settings, they are written as `privet init` writes them. If Privet can't serve, COMMAND is not run.
    Signals and the exit code pass through.

    \b
    Examples:
      privet run -- claude
      privet run -- python app.py
      privet run -- curl https://api.openai.com/v1/models
    """  # noqa: D301 - click wants the character itself
    if shutil.which(arguments[0]) is None and not Path(arguments[0]).exists():
        raise SystemExit(_not_found(arguments[0]))  # before anything is started for it
    told: list[int] = []

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        told.append(number)
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)  # so that a Privet which was started for the command is stopped
    config = cli.config_path() or _first_settings()
    cli = Cli(config.resolve(), cli.overrides)
    settings = cli.settings()
    paths = StatePaths(settings.state_dir)
    hosts = tuple(settings.host_table.patterns())
    try:
        with running_privet(settings, serve_command(config, cli.overrides), keep=keep, say=_progress(told)) as running:
            from proxy.authority import ensure_bundle  # noqa: PLC0415 - heavy imports wait for the command

            environ = environment(
                os.environ,
                running.proxy,
                ensure_bundle(paths),
                paths.ca_cert,
                hosts=hosts,
                node_preload=NODE_PRELOAD,
            )
            _warn(environ, hosts)
            code = _run(arguments, environ)
    except (InstanceError, StateError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    raise SystemExit(code)


def _run(arguments: tuple[str, ...], environ: dict[str, str]) -> int:
    try:
        return run_command(arguments, environ)
    except FileNotFoundError:
        return _not_found(arguments[0])
    except OSError as error:
        click.echo(f"privet: {arguments[0]}: can't be run: {error.strerror}", err=True)
        return EXIT_NOT_EXECUTABLE


def _not_found(name: str) -> int:
    click.echo(f"privet: {name}: no such command", err=True)
    return EXIT_NOT_FOUND


def _first_settings() -> Path:
    from console.cli.init import InitError, write_configuration  # noqa: PLC0415 - seldom needed

    directory = user_config_dir()
    try:
        write_configuration(directory)
    except InitError as error:
        fail(str(error))
    click.echo(f"privet: no settings yet, so wrote {directory / CONFIG_NAME} with a policy beside it", err=True)
    return directory / CONFIG_NAME


def _warn(environ: dict[str, str], hosts: tuple[str, ...]) -> None:
    for entry in dropped_exemptions(os.environ, hosts):
        click.echo(f"privet: NO_PROXY names {entry!r}, which would exempt an LLM host: left out", err=True)
    if any(os.environ.get(name, "") not in {"", environ[name]} for name in ("HTTPS_PROXY", "https_proxy")):
        click.echo("privet: HTTPS_PROXY was set to another proxy; Privet connects to the vendors directly", err=True)


def _progress(told: Sequence[int]) -> Callable[[str], None]:
    """Show how long the start takes: a line that changes in a terminal, one line elsewhere.

    `told` holds the signals that came: Python loses the exception of one that comes while an object is destroyed.
    """
    terminal = sys.stderr.isatty()
    said: list[str] = []

    def say(text: str) -> None:
        if told:
            raise SystemExit(128 + told[0])
        if terminal and (text or said):
            click.echo(f"\r\033[Kprivet: {text}" if text else "\r\033[K", nl=False, err=True)
        elif text and not said:
            click.echo(f"privet: {text.partition(' … ')[0]} …", err=True)
        said.append(text)

    return say
