"""The company's own data for commands that inspect texts or read policies."""

from typing import TYPE_CHECKING

from configs.settings import Settings, load_settings
from configs.yaml_source import SourceError
from console.cli.context import Cli, fail

if TYPE_CHECKING:
    from detectors.own.library import Library
    from proxy.own_head import OwnHead


def settings_if_any(cli: Cli) -> Settings | None:
    """The settings; None if there are none that can be read."""
    path = cli.config_path()
    try:
        return load_settings(path, cli.overrides) if path is not None else None
    except SourceError:
        return None


def head_of(settings: Settings | None) -> "OwnHead":
    """The company's own head of the document classifier. Ends the command with a message if it can't be used."""
    from proxy.errors import ConfigurationError  # noqa: PLC0415 - `privet --help` doesn't need it
    from proxy.own_head import OwnHead  # noqa: PLC0415 - the same

    if settings is None:
        return OwnHead()
    try:
        return OwnHead.open(settings)
    except ConfigurationError as error:
        fail(str(error))


def library_of(settings: Settings | None) -> "Library":
    """What is registered in the settings' state directory. Ends the command with a message if it can't be used."""
    from detectors.own.library import Library  # noqa: PLC0415 - `privet --help` doesn't need it
    from proxy.errors import ConfigurationError  # noqa: PLC0415
    from proxy.own_data import OwnData  # noqa: PLC0415

    if settings is None:
        return Library()
    try:
        return OwnData.open(settings).library
    except ConfigurationError as error:
        fail(f"the company's own data can't be used: {error}")
