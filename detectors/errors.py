"""What can go wrong in `detectors`.

    DetectorError        a detector can't be built: a model is missing or isn't the one that was pinned

A detector that fails on one text raises nothing to its caller: the scan says `Skipped` (see `detectors.scan`).
"""


class DetectorError(Exception):
    """A detector can't be built as configured. The message says what to do; it holds no content."""
