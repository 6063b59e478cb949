"""`privet init`: write settings, a policy with its cases, keys and the certificate authority. Never over a file."""

from dataclasses import dataclass
from pathlib import Path

import click

import configs
from configs.settings import load_settings
from configs.state import StateError, StatePaths, is_there, load_or_make_key, make_private_dir
from configs.yaml_source import SourceError
from console.cli.context import CONFIG_NAME, fail

POLICY_NAME = "policy.yaml"
TEST_NAME = "policy.test.yaml"

_SHIPPED = Path(configs.__file__).parent
_FILES = {
    CONFIG_NAME: (_SHIPPED / "privet.yaml", "settings, each with its default"),
    POLICY_NAME: (_SHIPPED / "policies" / "starter.yaml", "who may send what"),
    TEST_NAME: (_SHIPPED / "policies" / "starter.test.yaml", "cases for `privet policy test`"),
}


class InitError(Exception):
    """A file can't be written or used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file of the configuration: what it is for, and whether it is new."""

    path: Path
    purpose: str
    new: bool


def write_configuration(directory: Path) -> tuple[Made, ...]:
    """Write what is missing of a configuration: files, then the keys that its settings call for. Raises `InitError`."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        made = [
            Made(directory / name, purpose, _write(directory / name, source))
            for name, (source, purpose) in _FILES.items()
        ]
    except OSError as error:
        raise InitError(f"{error.filename or directory}: can't be written: {error.strerror}") from None
    try:
        settings = load_settings(directory / CONFIG_NAME)
    except SourceError as error:
        raise InitError(f"the settings that are there can't be used:\n{error}") from None
    return (*made, *make_keys(StatePaths(settings.state_dir)))


def make_keys(paths: StatePaths) -> tuple[Made, ...]:
    """Make the keys and the authority that are missing. Raises `InitError`."""
    from audit.checkpoint import Signer  # noqa: PLC0415 - heavy imports wait for the command
    from audit.errors import AuditError  # noqa: PLC0415
    from proxy.authority import ensure_authority, ensure_bundle  # noqa: PLC0415

    purposes = {
        paths.token_key: "key of the tokens that stand for redacted values",
        paths.fingerprint_key: "key of the audit log's fingerprints",
        paths.audit_key: "key that signs the audit log's checkpoints",
        paths.ca_key: "certificate authority, with its key",
        paths.ca_cert: "its certificate: what clients trust",
    }
    try:
        before = {path for path in purposes if is_there(path)}
        make_private_dir(paths.root)
        _keep_from_git(paths.root)
        load_or_make_key(paths.token_key)
        load_or_make_key(paths.fingerprint_key)
        Signer.open(paths, f"privet/{paths.instance}")
        ensure_authority(paths)
        ensure_bundle(paths)
    except (StateError, AuditError) as error:
        raise InitError(str(error)) from None
    return tuple(Made(path, purpose, path not in before) for path, purpose in purposes.items())


def _keep_from_git(root: Path) -> None:
    """Settings are written into projects, and `git add .` would take the keys, too."""
    try:
        _write_new(root / ".gitignore", "*\n")
    except OSError as error:
        raise StateError(f"{root}: can't be written: {error.strerror}") from None


def _write(path: Path, source: Path) -> bool:
    return _write_new(path, source.read_text(encoding="utf-8"))


def _write_new(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default=".")
def command(directory: Path) -> None:
    """Write privet.yaml, a policy and its test cases into DIRECTORY, and make keys and a certificate authority.

    What is there already stays as it is, so this can be run again.

    \b
    Examples:
      privet init
      privet init ~/privet
    """  # noqa: D301 - click wants the character itself
    try:
        made = write_configuration(directory)
    except InitError as error:
        fail(str(error))
    width = max(len(str(item.path)) for item in made)
    for item in made:
        click.echo(f"{'wrote' if item.new else 'kept '}  {item.path!s:<{width}}  {item.purpose}")
    config = directory / CONFIG_NAME
    named = "" if directory == Path() else f" --config {config}"
    steps = (
        (f"privet{named} doctor", "see whether everything is in order"),
        (f"privet policy test {directory / POLICY_NAME}", "see what the policy does"),
        (f"privet{named} run -- python app.py", "run a program through Privet"),
        (f"privet{named} ca export", "the certificate, for machines that use this Privet as their proxy"),
    )
    width = max(len(command) for command, _ in steps)
    click.echo("\nNext:\n" + "\n".join(f"  {command:<{width}}  {what}" for command, what in steps))
