"""Memory at rest: what each of Privet's processes occupies when nothing is asked of it."""

import subprocess
import time
from pathlib import Path

from bench import Row
from bench.stage import process_tree, stage

SETTLE_SECONDS = 3.0
GROUP = "memory at rest"


def run(*, quick: bool) -> list[Row]:
    """Start Privet with every model it ships, let it settle, and look."""
    with stage(labels=True) as staged:
        time.sleep(0.5 if quick else SETTLE_SECONDS)
        names = process_tree(staged.privet)
        resident = {pid: _resident_mb(pid) for pid in names}
        shares = [_share_mb(pid) for pid in names]
        started = staged.start_seconds
    rows = [Row(GROUP, f"{names[pid]}, resident", resident[pid], "MB") for pid in names]
    rows.append(Row(GROUP, "all processes, resident", sum(resident.values()), "MB", note="shared pages count twice"))
    if all(share is not None for share in shares):
        total = sum(share for share in shares if share is not None)
        rows.append(Row(GROUP, "all processes, proportional", total, "MB", note="shared pages are divided"))
    rows.append(Row(GROUP, "start until ready", started, "s"))
    return rows


def _resident_mb(pid: int) -> float:
    listing = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return int(listing) / 1024


def _share_mb(pid: int) -> float | None:
    """The proportional set size, where the system tells it (Linux)."""
    path = Path(f"/proc/{pid}/smaps_rollup")
    if not path.is_file():
        return None
    sizes = [line.split()[1] for line in path.read_text().splitlines() if line.startswith("Pss:")]
    return int(sizes[0]) / 1024 if sizes else None
