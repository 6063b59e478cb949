"""Clashing distributions: found by what they own, in whatever form they were installed."""

import tomllib
from pathlib import Path

import pytest

from configs.packages import PACKAGES, Clash, clashing_packages, find_clashes

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("owners", "clashes"),
    [
        ({}, []),  # an editable installation owns no files
        ({"proxy": ["privet"], "audit": ["privet"]}, []),
        ({"proxy": ["Privet", "privet"]}, []),
        ({"proxy": ["privet", "proxy.py"]}, [("proxy", "proxy.py")]),
        ({"proxy": ["proxy.py", "proxy.py"]}, [("proxy", "proxy.py")]),
        ({"policy": ["policy"], "audit": ["z", "a"]}, [("audit", "a"), ("audit", "z"), ("policy", "policy")]),
        ({"proxies": ["other"], "auditing": ["other"]}, []),
    ],
)
def test_clashes(owners, clashes):
    assert [(clash.package, clash.distribution) for clash in find_clashes(owners)] == clashes


def test_names_are_those_that_the_wheel_installs():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert list(PACKAGES) == wheel["packages"]


def test_installed_distribution_is_found(tmp_path, monkeypatch):
    info = tmp_path / "proxy_py-2.4.dist-info"
    info.mkdir()
    (tmp_path / "proxy").mkdir()
    (tmp_path / "proxy" / "__init__.py").touch()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: proxy.py\nVersion: 2.4\n")
    (info / "RECORD").write_text("proxy/__init__.py,,\nproxy_py-2.4.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_clashes() == (Clash("proxy", "proxy.py"),)
    (told,) = clashing_packages()
    assert "pip uninstall proxy.py" in told


def test_this_environment_is_clean():
    assert clashing_packages() == ()
