"""Where a company's own head lies: a directory with `own-documents.npz` and `.json`, beside its card and pictures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from local_models.catalog import spec_of
from local_models.corpus import short_requests
from local_models.embed import FEATURE_MODEL, Embedder
from local_models.errors import ModelError, TrainingError
from local_models.heads import OWN_HEAD, Head, load_head, metadata_of, revision_of, save_head
from local_models.own_card import OTHER, OwnScores, card, judged
from local_models.own_labels import Labelled, Progress, teach
from local_models.plots import confusion_svg, reliability_svg

CARD = "card.md"


@dataclass(frozen=True, slots=True)
class OwnTrained:
    """A stored head of a company's own, and how it scored."""

    revision: str
    directory: Path
    new: tuple[str, ...]
    scores: OwnScores


def train_own(
    documents: Sequence[Labelled],
    meanings: Mapping[str, str],
    embedder: Embedder,
    *,
    progress: Progress,
    directory: Path,
) -> OwnTrained:
    """Train, judge and store a head, with its card and pictures. Raises `TrainingError`."""
    counts = Counter(one.label for one in documents)
    if len(counts) < 2:
        raise TrainingError("one label can't be learned: give a folder of other documents too, best `public`")
    base = load_head()
    # Of some hundred texts, threads would wait for each other longer than they work.
    with threadpool_limits(limits=1, user_api="blas"):
        taught = teach(base, documents, short_requests(), embedder, progress)
    scores = judged([one.label for one in documents], taught.answers, taught.labels)
    metadata = {
        "feature_model": embedder.model,
        "feature_sha256": embedder.sha256,
        "base": base.revision,
        "new_labels": list(taught.new),
        "meanings": dict(sorted(meanings.items())),
        "documents": dict(sorted(counts.items())),
        "temperature": round(taught.temperature, 4),
        "trained": datetime.now(UTC).date().isoformat(),
        "scores": scores.plain(),
    }
    try:
        revision = save_head(directory, OWN_HEAD, taught.labels, taught.weights, metadata)
        named = sorted(counts)
        (directory / "confusion.svg").write_text(confusion_svg(named, [*named, OTHER], scores.confusion), "utf-8")
        (directory / "reliability.svg").write_text(reliability_svg(scores.bins), "utf-8")
        said = card({**metadata, "revision": revision, "directory": str(directory)}, scores)
        (directory / CARD).write_text(said, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"can't write the head to {directory}: {error.strerror}") from None
    return OwnTrained(revision, directory, taught.new, scores)


def load_own_head(directory: Path) -> Head:
    """Read it, its SHA-256 checked, and refuse one that another feature model's vectors were learned from."""
    head = load_head(OWN_HEAD, directory)
    wanted, present = head.metadata.get("feature_sha256"), spec_of(FEATURE_MODEL).sha256
    if wanted != present:
        raise ModelError(
            f"the head in {directory} was trained on a feature model with sha256 {wanted}, but this version of Privet "
            f"has {present}. Train it anew: privet models train documents --from FOLDER --output {directory}"
        )
    return head


def revision_on_disk(directory: Path) -> str:
    """Which head lies there, by what its metadata say. Raises `ModelError`."""
    return revision_of(OWN_HEAD, str(metadata_of(OWN_HEAD, directory).get("sha256")))


def new_labels(directory: Path) -> tuple[str, ...]:
    """The labels that it has beside Privet's, after a check of the whole head. Raises `ModelError`."""
    head = load_own_head(directory)
    return head.labels[len(head.labels) - head.new :] if head.new else ()
