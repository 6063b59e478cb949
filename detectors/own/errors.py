"""What can be wrong with the company's own data."""

from detectors.errors import DetectorError


class OwnDataError(DetectorError):
    """Registered data can't be used. The message names the file and what to do, never a value."""
