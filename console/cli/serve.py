"""`privet serve`: run the proxy, the gateway and the local API in the foreground."""

import asyncio
from pathlib import Path

import click

from console.cli.context import CONFIG_NAME, Cli, fail


@click.command("serve")
@click.option(
    "-c", "--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file; as before the command."
)
@click.option("--workers", type=click.IntRange(1, 64), help="Serving processes; over the setting of this name.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.pass_obj
def command(cli: Cli, config: Path | None, *, workers: int | None, quiet: bool) -> None:
    """Serve until Ctrl-C or SIGTERM. SIGHUP reloads policy and settings; a changed policy file is seen by itself.

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
    from proxy.fleet import log_to_stderr, supervise  # noqa: PLC0415
    from proxy.service import Source, serve  # noqa: PLC0415

    overrides = cli.overrides if workers is None else (*cli.overrides, f"workers={workers}")
    cli = Cli(config if config is not None else cli.config, overrides)
    settings = cli.settings()
    source = Source(cli.config_path() or Path(CONFIG_NAME), cli.overrides)
    log_to_stderr(quiet=quiet)

    def announce(text: str) -> None:
        if not quiet:
            click.echo(f"privet: {text}", err=True)

    try:
        if settings.workers == 1:
            asyncio.run(serve(settings, announce, source))
        else:
            asyncio.run(supervise(settings, announce, source, quiet=quiet))
    except SourceError as error:
        fail("the policy can't be used, so Privet does not start:", (str(problem) for problem in error.problems))
    except (AuditError, StateError, ProxyError) as error:
        fail(f"Privet does not start: {error}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
