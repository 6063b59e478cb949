"""What every command shares: the settings that `--config` and `--set` name, and how errors are told to people."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from configs.settings import Settings, load_settings
from configs.yaml_source import SourceError

EXIT_NEGATIVE = 1  # the answer is no: a check failed, something was found
EXIT_USAGE = 2  # the command, a file or the settings can't be used
EXIT_TAMPERED = 3  # the audit log was changed

CONFIG_NAME = "privet.yaml"
PIPE_WIDTH = 2000  # a file or another program gets whole lines


@dataclass(frozen=True, slots=True)
class Cli:
    """The object that click hands to every command (`@click.pass_obj`)."""

    config: Path | None
    overrides: tuple[str, ...] = ()

    def config_path(self) -> Path | None:
        """The settings file: `--config`, `PRIVET_CONFIG`, `./privet.yaml`, or the user's own; None if there is none."""
        if self.config is not None:
            return self.config
        if named := os.environ.get("PRIVET_CONFIG"):
            return Path(named)
        return next((path for path in (Path(CONFIG_NAME), user_config_dir() / CONFIG_NAME) if path.is_file()), None)

    def settings(self) -> Settings:
        """The settings, or a message with file, line and column and exit code 2."""
        path = self.config_path()
        if path is None:
            fail(f"no {CONFIG_NAME} found here or in {user_config_dir()}. Write one with: privet init")
        try:
            return load_settings(path, self.overrides)
        except SourceError as error:
            fail("the settings can't be used:", (str(problem) for problem in error.problems))


def user_config_dir() -> Path:
    """The directory for a person's own configuration (XDG base directories)."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "privet"


def out() -> Console:
    """The console for results; honours NO_COLOR and a stdout that is no terminal."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, soft_wrap=True, width=PIPE_WIDTH)


def err() -> Console:
    """The console for messages."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, details: Iterable[str] = (), code: int = EXIT_USAGE) -> NoReturn:
    """Say what is wrong on stderr and stop with `code`."""
    click.echo(f"privet: {message}", err=True)
    for detail in details:
        click.echo(f"  {detail}", err=True)
    raise SystemExit(code)
