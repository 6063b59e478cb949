"""Show Privet at work, check that every claim holds, and say what to try next. Exit 1 if one doesn't hold."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anthropic
import openai
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo import screen
from demo.scenes import SCENES, Played, broken_claims, perform
from demo.world import POLICY, World, running


def main() -> int:
    """Run the demonstration; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="Privet at work, in under a minute, offline.")
    parser.add_argument("--width", type=int, help="columns to use (default: the terminal's)")
    parser.add_argument("--policy", type=Path, default=POLICY, help="another policy to try the same requests with")
    arguments = parser.parse_args()
    console = screen.console(arguments.width)
    began = time.monotonic()
    try:
        return _run(console, arguments.policy, began)
    except (RuntimeError, TimeoutError) as error:
        console.print(Text(f"The demonstration could not run. {error}", style="bold red"))
        return 1


def _run(console: Console, policy: Path, began: float) -> int:
    console.print(Text("Privet between three departments and the LLM vendors", style="bold"))
    console.print(
        "A stand-in vendor speaks the OpenAI and Anthropic APIs over TLS on this machine. Privet stands in between.\n"
        "Nothing leaves this machine. Starting both; Privet loads its models …"
    )
    with running(policy) as world:
        console.print(f"Ready after {world.start_seconds:.1f} s. {len(SCENES)} requests, through two SDKs …\n")
        try:
            played = [perform(scene, world) for scene in SCENES]
        except (openai.OpenAIError, anthropic.AnthropicError) as error:
            raise RuntimeError(f"A request failed: {type(error).__name__}: {error}\n{world.privet.log}") from error
        inspecting = world.privet.metric("privet_inspection_seconds_sum") / max(
            1.0, world.privet.metric("privet_inspection_seconds_count")
        )
        events = world.audit()
        verified = world.privet.privet("audit", "verify", check=False)
        broken = _show(console, played, events)
        secrets = {value for scene in SCENES for value in scene.secret}
        broken += [
            "a sensitive value is in what Privet stored" for value in secrets if value.encode() in world.stored()
        ]
        if not broken:
            console.print(_summary(played, events, inspecting, world, began))
    console.rule("The audit log, verified", align="left", style="dim")
    console.print(Text((verified.stdout + verified.stderr).strip()))
    if verified.returncode:
        broken.append(f"privet audit verify ended with {verified.returncode}")
    console.print()
    for claim in broken:
        console.print(Text(f"DOES NOT HOLD: {claim}", style="bold red"))
    if broken:
        return 1
    _say_next(console)
    return 0


def _show(console: Console, played: Sequence[Played], events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Print every scene; return the claims that don't hold."""
    broken = []
    for number, (scene, result) in enumerate(zip(SCENES, played, strict=True), start=1):
        event = _intent(events, result.decision_id)
        if event is None:
            broken.append(f"{number}: the audit log has no record of {result.decision_id or 'this request'}")
            continue
        broken += [f"{number}: {claim}" for claim in broken_claims(scene, result, event["decision"])]
        place = f"{number}/{len(SCENES)}"
        console.print(screen.scene_view(place, scene, result, event, console.width))
    return broken


def _intent(events: Sequence[Mapping[str, Any]], decision_id: str) -> Mapping[str, Any] | None:
    return next(
        (event for event in events if event["kind"] == "intent" and event.get("decision_id") == decision_id), None
    )


def _summary(
    played: Sequence[Played], events: Sequence[Mapping[str, Any]], inspecting: float, world: World, began: float
) -> Table:
    effects = Counter(event["decision"]["effect"] for event in events if event["kind"] == "intent")
    arrived = [result for result in played if result.arrived_bodies]
    as_sent = sum(result.arrived_bodies == (result.sent_body,) for result in arrived)
    return screen.summary(
        [
            ("requests", str(len(played))),
            ("allowed as they were", str(as_sent)),
            ("allowed with tokens", str(effects["allow"] - as_sent)),
            ("blocked", str(effects["block"])),
            ("answered inside", str(effects["reroute"])),
            ("seen by the vendor", f"{len(world.vendor.requests)} requests, {world.vendor.http_bytes} bytes"),
            ("time to decide", f"{1000 * inspecting:.0f} ms per request on average"),
            ("audit records", f"{len(events)}; no sensitive value is in them, nor in anything else that Privet stored"),
            ("this took", f"{time.monotonic() - began:.0f} s"),
        ]
    )


def _say_next(console: Console) -> None:
    console.rule("What to try next", align="left", style="dim")
    for command, what in (
        ("$EDITOR demo/policy.yaml && make demo", "change a rule, see the difference"),
        (".venv/bin/privet policy test demo/policy.yaml", "the policy's own test cases"),
        (".venv/bin/privet init", "write privet.yaml, a policy and keys for yourself"),
        (".venv/bin/privet run -- python app.py", "run a program of yours through Privet"),
        (".venv/bin/privet audit search", "see what was decided"),
    ):
        console.print(Text.assemble("  ", (command, "bold"), f"\n      {what}"))


if __name__ == "__main__":
    sys.exit(main())
