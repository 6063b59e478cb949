"""`privet`: the command line's root. Each command lives in a file of its own and is imported when it is asked for."""

import errno
import importlib
import io
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, override

import click

from console.cli.context import Cli, fail

TRACEBACK = "PRIVET_TRACEBACK"  # variable: show errors as Python does

# Command → module that holds it as `command`, in the order that `privet --help` shows.
COMMANDS = {
    "init": "console.cli.init",
    "doctor": "console.cli.doctor",
    "run": "console.cli.run",
    "serve": "console.cli.serve",
    "scan": "console.cli.scan",
    "data": "console.cli.data",
    "policy": "console.cli.policy",
    "justify": "console.cli.justify",
    "audit": "console.cli.audit",
    "report": "console.cli.report",
    "models": "console.cli.models",
    "eval": "console.cli.eval",
    "ca": "console.cli.ca",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used: `privet --help` stays quick."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. An error that nobody expected isn't shown as Python shows it: it may quote what was read."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE or TRACEBACK in os.environ:
                raise  # whoever read our output has read enough: click ends the program
            about = f"{error.filename}: " if error.filename is not None else ""
            fail(f"{about}{error.strerror or type(error).__name__}")
        except Exception as error:
            if TRACEBACK in os.environ:
                raise
            fail(
                f"a mistake in Privet: {type(error).__name__} {_place(error)}".rstrip(),
                [f"Please report it. {TRACEBACK}=1 shows the whole traceback, which may quote what was read."],
            )


def _place(error: BaseException) -> str:
    """The last line of ours that the error came through."""
    root = Path(__file__).parent.parent.parent
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(root) and not file.is_relative_to(sys.prefix):
            place = f"in {file.relative_to(root)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c", "--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file (default: ./privet.yaml)."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY.PATH=VALUE", help="Override one setting; repeatable.")
@click.version_option(version("privet"), prog_name="privet")
@click.pass_context
def main(ctx: click.Context, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Decide what may leave for an LLM, redact what must not, and record it.

    \b
    First steps:
      privet init                     write privet.yaml, a policy and keys
      privet run -- claude            run a program through Privet
      privet audit search             see what was decided
    """  # noqa: D301 - click wants the character itself
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal or a pipe in ASCII gets a question mark, not an end
    ctx.obj = Cli(config, overrides)


if __name__ == "__main__":
    main()
