"""`privet serve`: run the proxy, the gateway and the local API in the foreground."""

import asyncio
import logging
from pathlib import Path

import click

from console.cli.context import Cli, fail


@click.command("serve")
@click.option(
    "-c", "--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file; as before the command."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_obj
def command(cli: Cli, config: Path | None, *, quiet: bool) -> None:
    """Serve until Ctrl-C or SIGTERM. SIGHUP, or a changed file, reloads the policy.

    \b
    Example:
      privet serve --config privet.yaml
      HTTPS_PROXY=http://127.0.0.1:8080 SSL_CERT_FILE=state/ca/bundle.pem python app.py
      OPENAI_BASE_URL=http://127.0.0.1:8081/openai/v1 python app.py
    """  # noqa: D301 - click wants the character itself
    from audit.errors import AuditError  # noqa: PLC0415 - heavy imports wait for the command
    from configs.state import StateError  # noqa: PLC0415
    from configs.yaml_source import SourceError  # noqa: PLC0415
    from proxy.errors import ProxyError  # noqa: PLC0415
    from proxy.service import serve  # noqa: PLC0415

    if config is not None:
        cli = Cli(config, cli.overrides)
    settings = cli.settings()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("privet")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False

    def announce(text: str) -> None:
        if not quiet:
            click.echo(f"privet: {text}", err=True)

    try:
        asyncio.run(serve(settings, announce))
    except SourceError as error:
        fail("the policy can't be used, so Privet does not start:", (str(problem) for problem in error.problems))
    except (AuditError, StateError, ProxyError) as error:
        fail(f"Privet does not start: {error}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
