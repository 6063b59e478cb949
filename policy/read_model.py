"""One entry of a policy's `models` → `ModelTarget`: who answers what is rerouted.

Names that other entries define (`escalate`) are checked by `policy.load`, once all files are merged.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args
from urllib.parse import urlsplit

from configs.hosts import provider_of_host
from local_models.catalog import CATALOG, catalog
from local_models.errors import ModelError
from policy.model import Backend, ModelTarget
from policy.node import Node
from policy.vocabulary import VENDOR, Code, nearest

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EVIDENCE = re.compile(r"sha256:[0-9a-f]{64}")
_BACKENDS: tuple[Backend, ...] = get_args(Backend.__value__)
_OF_SERVERS = ("base_url", "base_urls", "api_key_env", "concurrency")
_OF_TASKS = ("task", "answerer", "min_confidence", "escalate", "evidence")


def read_model(name: str, node: Node) -> ModelTarget:
    """A model; one with mistakes still counts as named, so that its rules aren't reported too."""
    keys = node.section("model") or {}
    if name == VENDOR:
        node.note(Code.WRONG_VALUE, f"{VENDOR} is whom a request was for: call this model otherwise", of_key=True)
    backend = keys["backend"].choice(_BACKENDS) if "backend" in keys else None
    kind = cast("Backend", backend or "embedded")
    for words, owner in ((_OF_SERVERS, "openai"), (_OF_TASKS, "task")):
        for key in sorted(set(words) & keys.keys()) if backend not in {None, owner} else ():
            keys[key].note(
                Code.WRONG_VALUE, f"{key} is for backend {owner}; one of backend {backend} has none", of_key=True
            )
    if backend == "task":
        target = _task(name, node, keys)
    else:
        target = ModelTarget(name, kind, _model(node, keys, backend), _base_urls(node, keys, backend), _variable(keys))
    if "concurrency" in keys:
        target = replace(target, concurrency=keys["concurrency"].whole(1, 10_000) or target.concurrency)
    if "queue" in keys and (queue := keys["queue"].whole(0, 100_000)) is not None:
        target = replace(target, queue=queue)
    if "seconds" in keys:
        target = replace(target, seconds=keys["seconds"].number(1, 3600) or target.seconds)
    return target


def chat_models(node: Node) -> list[str]:
    """The names of the catalogue's chat models, with those that were added."""
    try:
        return [spec.name for spec in catalog() if spec.purpose == "chat"]
    except ModelError as error:
        node.note(Code.UNKNOWN_NAME, f"the models that were added can't be read: {error}")
        return [spec.name for spec in CATALOG if spec.purpose == "chat"]


def _model(node: Node, keys: Mapping[str, Node], backend: str | None) -> str:
    if "model" not in keys:
        if isinstance(node.value, dict):
            node.note(Code.WRONG_VALUE, "model is missing: expected name")
        return ""
    model = keys["model"].text("a model's name")
    if backend == "embedded" and model is not None and model not in (chat := chat_models(node)):
        hint = nearest(model, chat) or f". Known: {', '.join(chat)}"
        keys["model"].note(Code.UNKNOWN_NAME, f"no embedded model is called {model!r}{hint}")
    return model or ""


def _variable(keys: Mapping[str, Node]) -> str:
    variable = keys["api_key_env"].text("an environment variable's name") if "api_key_env" in keys else None
    if variable is not None and not _VARIABLE.fullmatch(variable):
        keys["api_key_env"].note(
            Code.WRONG_VALUE, "expected an environment variable's name (never the key itself), such as VLLM_API_KEY"
        )
    return variable or ""


def _task(name: str, node: Node, keys: Mapping[str, Node]) -> ModelTarget:
    """A small model that does one task, and who is asked when it isn't sure."""
    for key in ("task", "answerer"):
        if key not in keys:
            node.note(Code.WRONG_VALUE, f"{key} is missing: backend task needs it")
    if "model" in keys:
        keys["model"].note(Code.WRONG_VALUE, "backend task has no model: name it as answerer", of_key=True)
    task = (keys["task"].text("a task's id") if "task" in keys else None) or ""
    answerer = (keys["answerer"].text("a directory, or a chat model's name") if "answerer" in keys else None) or ""
    target = ModelTarget(name, "task", task, task=task, answerer=answerer, place=_place(node, answerer))
    if "min_confidence" in keys:
        target = replace(target, min_confidence=keys["min_confidence"].number(0, 1) or 0.0)
    if "escalate" in keys:
        target = replace(target, escalate=_escalate(name, keys["escalate"]))
    if "evidence" in keys:
        evidence = keys["evidence"].text("sha256:…")
        if evidence is not None and not _EVIDENCE.fullmatch(evidence):
            keys["evidence"].note(Code.WRONG_VALUE, "expected sha256: and 64 hexadecimal digits")
        target = replace(target, evidence=evidence or "")
    return target


def _place(node: Node, answerer: str) -> Path | None:
    """The directory that an answerer's name stands for; None for a chat model's name."""
    if not answerer or answerer in chat_models(node):
        return None
    return Path(node.source.file).resolve().parent / answerer


def _escalate(name: str, node: Node) -> tuple[str, ...]:
    names = node.texts("a model", f"[inside-large, {VENDOR}]")
    for index, one in enumerate(names):
        item = node.at(index, one)
        if one == name:
            item.note(Code.NEVER, f"{name} can't escalate to itself")
        elif one in names[:index]:
            item.note(Code.NEVER, f"{one} stands here twice")
        elif one == VENDOR and index < len(names) - 1:
            item.note(Code.NEVER, f"nothing comes after {VENDOR}: what it was asked has left")
    return names


def _base_urls(node: Node, keys: Mapping[str, Node], backend: str | None) -> tuple[str, ...]:
    """Where a model's servers are, each once."""
    if "base_url" in keys and "base_urls" in keys:
        keys["base_urls"].note(Code.WRONG_VALUE, "base_url is there too. Keep one of the two", of_key=True)
    if "base_url" in keys:
        one = _base_url(keys["base_url"])
        return (one,) if one is not None and backend != "embedded" else ()
    if "base_urls" in keys:
        found: list[str] = []
        for item in keys["base_urls"].items("[http://vllm-1.internal:8000/v1, http://vllm-2.internal:8000/v1]") or ():
            url = _base_url(item)
            if url is not None and url in found:
                item.note(Code.WRONG_VALUE, f"{url} is in the list twice. Keep one")
            elif url is not None:
                found.append(url)
        return tuple(found) if backend != "embedded" else ()
    if backend == "openai":
        node.note(Code.WRONG_VALUE, "base_url is missing: backend openai needs the server's http(s) URL")
    return ()


def _base_url(node: Node) -> str | None:
    text = node.text("an http(s) URL")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good, parts = None, urlsplit("")
    if not good or parts.query or parts.fragment or any(character.isspace() for character in text):
        node.note(Code.WRONG_VALUE, "expected an http(s) URL, such as http://vllm.internal:8000/v1")
        return None
    if parts.username is not None:
        node.note(Code.WRONG_VALUE, "the URL holds credentials. Name a variable with api_key_env instead")
        return None
    if provider_of_host(parts.hostname or "") is not None:
        node.note(Code.REROUTE, f"{parts.hostname} is a vendor, not inside: what is rerouted there would leave")
        return None
    return text.rstrip("/")
