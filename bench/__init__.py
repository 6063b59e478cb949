"""Benchmarks: one file per figure, each measured against a peer or a floor in the same run.

proxy       latency, throughput and memory under load, against bare mitmproxy and a direct connection
peers       the same beside LiteLLM's proxy with its Presidio guardrail; only when it is asked for
streams     processor time for each event of a streamed reply, against reading it
memory      what Privet occupies at rest
detection   speed and quality, against stock Presidio
own         the company's own data: a million customers, against scanning without them
evasion     values in disguises that evadex makes, through `/scan`; only when it is asked for
code        false alarms of secrets in installed libraries, beside detect-secrets; only when it is asked for
models      models for tasks: every candidate of `privet models choose`; only when it is asked for
content     opening files, against the bare libraries
audit       durable records per second, against bare SQLite

`python -m bench` runs all and prints one table. A module has `run(*, quick) -> list[Row]`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `floor` is the same figure of the peer, or without Privet, measured in the same run."""

    group: str
    figure: str
    value: float
    unit: str
    floor: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor, if there is one."""
        return self.value / self.floor if self.floor else None
