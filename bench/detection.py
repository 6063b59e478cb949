"""Detection measured against stock Presidio, in the same run, on the labelled sets in `../shared/data`.

    python bench/detection.py                 a sample of each set, at most two minutes
    python bench/detection.py --sample 0      everything
    python bench/detection.py --json          the figures as JSON

- leak: labelled values that no finding overlaps; of all of them, and of the identifying ones alone (`IDENTIFYING`).
  JSON also has `leak_acted`: those that no finding of a type in PII or SECRETS overlaps.
- damage: the share of unlabelled characters that a finding covers: one of a type in PII or SECRETS (what default
  policies act on), and any finding at all (what `privet scan` shows).
- KB/s: of processor time in one process.
- source code and log lines: Privet's own modules and a made-up service's log. Nothing in them is anybody's, but the
  code quotes names; they are here for their speed.
- languages and prompts of our own (`bench/sets/`, written by hand for measuring alone): `names-XX` are sentences in
  eight languages with their names, places and companies labelled, `names-styles` are lines in the manner of mails,
  chats, forms, notes, news and files, `names-desk` and `names-held` such lines in eight languages (at the first
  somebody looked when rules were written, at the second nobody), `secrets-real` are configurations, commands, logs and
  messages with their secrets labelled and `secrets-alike` what only looks so, `harmless`, `harmless-work`,
  `harmless-desk` and `harmless-held` are prompts in which nobody is named whom the writer knows.
- touched: harmless texts (no labelled value) with at least one finding in PII or SECRETS; JSON also has
  `touched_secrets`, with one in SECRETS.

Labels that mark a stand-in (`[PHONE_1]`) are no values: they count neither as leaked nor as harmless.
"""

import argparse
import json
import random
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from configs.entities import sensitive_types
from detectors.evaluation import peer
from detectors.evaluation.rows import SEED, Row, load_rows
from detectors.evaluation.score import Acted, Find, Score, measure, of_types, totals
from detectors.finding import Finding

DATA = Path(__file__).parents[1] / "../shared/data"
LABELLED = (
    "presidio_generated_large",
    "business_docs",
    "support_turns",
    "national_ids",
    "phone_examples",
    "secrets",
    "wnut17_dev",
)
HARMLESS = ("benign_prompts", "clinc150_val")
# Our own, written by hand, in the repository; counted beside the others, not with them.
OWN = Path(__file__).with_name("sets")
LANGUAGES = tuple(f"names-{language}" for language in ("de", "en", "es", "fr", "it", "nl", "pl", "pt"))
# Letters, forms, chats and records in 23 languages, with which the words of other languages were chosen.
FORMS = tuple(
    f"forms-{language}"
    for language in (
        *("de", "en", "es", "fr", "it", "nl", "pl", "pt"),
        *("ar", "cs", "da", "el", "fi", "hi", "hu", "ja", "ko", "ro", "ru", "sv", "tr", "uk", "zh"),
    )
)
STYLES = "names-styles"
SECRETS = ("secrets-real", "secrets-alike")
PROMPTS = ("harmless", "harmless-work")
# One hand's lines. Every second one was looked at when rules were written (desk), none of the others (held).
DESK, HELD = ("names-desk", "harmless-desk"), ("names-held", "harmless-held")
_OWN = {*LANGUAGES, *FORMS, STYLES, *SECRETS, *PROMPTS, *DESK, *HELD}
SOURCE_CODE, LOGS = "source code", "log lines"  # made here: Privet's own code, and a service's log without a person
DEFAULT_SAMPLE = 100


def load(name: str, sample: int) -> list[Row]:
    """The rows of one set, or a fixed random sample of them."""
    if name in {SOURCE_CODE, LOGS}:
        texts = _source_code() if name == SOURCE_CODE else _log_lines()
        return [Row(text, ()) for text in texts[: sample or None]]
    return load_rows((OWN if name in _OWN else DATA) / f"{name}.jsonl", sample)


def _source_code() -> list[str]:
    folders = ("audit", "policy", "proxy")
    paths = sorted(path for folder in folders for path in (Path(__file__).parents[1] / folder).rglob("*.py"))
    # Few and no long ones: stock Presidio takes a minute for a long text.
    return [text for path in paths if len(text := path.read_text(encoding="utf-8")) < 6000][:16]


def _log_lines() -> list[str]:
    rnd = random.Random(SEED)
    lines = [
        f"2026-11-24T10:{index // 60 % 60:02d}:{index % 60:02d}.{rnd.randrange(1000):03d}Z "
        f"{rnd.choice(('INFO', 'DEBUG', 'WARN'))} [worker-{rnd.randrange(16)}] request id={rnd.getrandbits(64):016x} "
        f"path=/api/v2/items/{rnd.randrange(10**6)} status={rnd.choice((200, 204, 404))} took={rnd.randrange(900)}ms"
        for index in range(400)
    ]
    return ["\n".join(lines[first : first + 40]) for first in range(0, len(lines), 40)]


def privet(weights: Path | None = None) -> tuple[Find, Acted]:
    """Our scanner; with other weights of the tagger if a folder is named."""
    from detectors.names import NameDetector  # noqa: PLC0415 - each system is loaded when its turn comes
    from detectors.presidio import PresidioDetector  # noqa: PLC0415 - the same
    from detectors.recognizers import pattern_detectors  # noqa: PLC0415 - the same
    from detectors.scan import Scanner, build_scanner  # noqa: PLC0415 - the same
    from detectors.tagger import Tagger  # noqa: PLC0415 - the same

    scanner = build_scanner()
    if weights is not None:
        scanner = Scanner([NameDetector(Tagger(weights)), PresidioDetector(), *pattern_detectors()])

    def find(texts: Sequence[str]) -> list[Sequence[Finding]]:
        scans = [
            scan
            for first in range(0, len(texts), 64)
            for scan in scanner.scan_many([(t, "") for t in texts[first : first + 64]])
        ]
        if any(scan.skipped for scan in scans):
            raise SystemExit("a detector failed; see the log")
        return [scan.findings for scan in scans]

    return find, of_types(sensitive_types())


def presidio() -> tuple[Find, Acted]:
    """Presidio as it comes: everything that it finds counts."""
    return peer.presidio(), lambda findings: findings


def run(
    sets: Sequence[str], sample: int, *, with_peer: bool, weights: Path | None = None
) -> dict[str, dict[str, Score]]:
    """System → set → score."""
    results: dict[str, dict[str, Score]] = {}
    systems: dict[str, Callable[[], tuple[Find, Acted]]] = {"privet": lambda: privet(weights), "presidio": presidio}
    for name, build in systems.items():
        if name == "presidio" and not with_peer:
            continue
        find, acted = build()
        find(["Warm up, John Smith."])
        results[name] = {each: measure(load(each, sample), find, acted) for each in sets}
        groups = {
            "all labelled": LABELLED,
            "all harmless": HARMLESS,
            "all languages": LANGUAGES,
            "all forms": FORMS,
            "all prompts of our own": PROMPTS,
        }
        sums = {
            total: totals({each: results[name][each] for each in group if each in sets})
            for total, group in groups.items()
        }
        results[name].update(sums)
    return results


def _print(results: dict[str, dict[str, Score]]) -> None:
    console = Console()
    shown = ("leak", "leak_identifying", "damage", "damage_all", "touched")
    for name, scores in results.items():
        table = Table(title=f"Detection, {name} (%)", min_width=90)
        for column in ("set", "values", "leak", "identifying", "damage", "any", "touched", "KB/s"):
            table.add_column(column, justify="left" if column == "set" else "right", no_wrap=True)
        for each, score in scores.items():
            figures = score.figures()
            speed = f"{figures['kb_per_second'] or 0:.0f}"
            table.add_row(each, str(figures["values"]), *(_percent(figures[key]) for key in shown), speed)
        console.print(table)
    systems = list(results.values())
    if len(systems) == 2:
        ours, theirs = (system["all labelled"].figures() for system in systems)
        for key, what in (("leak", "leak"), ("damage", "damage"), ("kb_per_second", "speed")):
            if ours[key] is not None and theirs[key]:
                console.print(f"{what}: {ours[key] / theirs[key]:.2f} x stock Presidio's")  # type: ignore[operator] # tested
    console.print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help="sets to measure (default: all)")
    parser.add_argument("--sample", type=int, default=DEFAULT_SAMPLE, metavar="N", help="texts per set; 0 for all")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--no-peer", action="store_true", help="leave out stock Presidio")
    parser.add_argument("--weights", type=Path, metavar="FOLDER", help="the tagger's, from `privet models train ner`")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"no data at {DATA}", file=sys.stderr)
        return 2
    results = run(
        options.sets
        or [*LABELLED, *HARMLESS, *LANGUAGES, *FORMS, STYLES, *SECRETS, *PROMPTS, *DESK, *HELD, SOURCE_CODE, LOGS],
        options.sample,
        with_peer=not options.no_peer,
        weights=options.weights,
    )
    if options.json:
        out: dict[str, Any] = {s: {e: score.figures() for e, score in sets.items()} for s, sets in results.items()}
        print(json.dumps(out, indent=2))
    else:
        _print(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
