"""The workers that give requests their labels: kinds of documents, and what only the context makes confidential.

Each model has a worker of its own, started when the policy first names one of its labels.
"""

from collections.abc import Callable, Mapping
from typing import Any

from policy.vocabulary import CONFIDENTIAL
from proxy.errors import WorkerError
from proxy.inspector import PoolInspector
from proxy.jobs import DOCUMENTS, SENTENCES
from proxy.own_head import OwnHead
from proxy.workers import Pool

type MakePool = Callable[[str, str, Mapping[str, Any] | None], Pool]


async def start_labelling(inspector: PoolInspector, named: frozenset[str], head: OwnHead, make: MakePool) -> None:
    """Start what the named labels need and isn't there yet. Raises `WorkerError`."""
    if not named:
        return
    if not inspector.settings.classifier.enabled:
        raise WorkerError("the policy names labels, but classifier.enabled is false")
    if named - {CONFIDENTIAL} and inspector.documents is None:
        documents = make("documents", DOCUMENTS, head.options())
        await documents.start()
        inspector.documents = documents
    if CONFIDENTIAL in named and inspector.sentences is None:
        sentences = make("sentences", SENTENCES, None)
        await sentences.start()
        inspector.sentences = sentences
