"""Whether another distribution owns one of Privet's import names, as PyPI's `proxy.py` owns `proxy`.

Which of the two Python then imports depends on the order of installation: Privet refuses to serve from such a mixture.
"""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DISTRIBUTION = "privet"
PACKAGES = ("audit", "configs", "console", "detectors", "local_models", "policy", "proxy")


@dataclass(frozen=True, slots=True)
class Clash:
    """An import name of ours that another distribution owns too."""

    package: str
    distribution: str

    def __str__(self) -> str:
        """What is wrong and what to do."""
        return (
            f"{self.distribution} also installs a package named {self.package!r}. Remove it (pip uninstall "
            f"{self.distribution}), or install Privet into an environment of its own."
        )


def find_clashes(owners: Mapping[str, Sequence[str]] | None = None) -> tuple[Clash, ...]:
    """Every import name of ours that another installed distribution owns. `owners`: import name → distributions."""
    if owners is None:
        owners = importlib.metadata.packages_distributions()
    return tuple(
        Clash(package, distribution)
        for package in PACKAGES
        for distribution in sorted(set(owners.get(package, ())))
        if distribution.lower() != DISTRIBUTION
    )


def clashing_packages() -> tuple[str, ...]:
    """One sentence for each clash in this environment; empty if there is none."""
    return tuple(str(clash) for clash in find_clashes())
