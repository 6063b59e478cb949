"""Settings that change while Privet serves, and those that don't."""

import pytest

from configs.settings import Settings
from proxy.reload import CHANGEABLE, taken_over


def settings(**sections: object) -> Settings:
    return Settings.model_validate(sections)


def test_nothing_changed() -> None:
    assert taken_over(Settings(), Settings()) == (Settings(), ())


def test_what_is_looked_up_per_request_is_taken_over() -> None:
    new = settings(
        limits={"concurrent": 3},
        tokens={"scope": "user"},
        detection={"deadline": 5.0},
        identity={"trusted_clients": ["10.0.0.0/8"]},
        drain=1.0,
    )
    assert taken_over(Settings(), new) == (new, ())


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        ({"listen": {"proxy": "127.0.0.1:1"}}, ("listen",)),
        ({"workers": 2}, ("workers",)),
        ({"detection": {"workers": 2}}, ("detection.workers",)),
        ({"identity": {"users_file": "users"}}, ("identity.users_file",)),
        ({"intercept": ["llm.example"]}, ("intercept",)),
    ],
)
def test_what_needs_a_restart_stays_and_is_named(new: dict[str, object], kept: tuple[str, ...]) -> None:
    assert taken_over(Settings(), settings(**new)) == (Settings(), kept)


def test_a_section_is_taken_over_in_part() -> None:
    merged, kept = taken_over(Settings(), settings(detection={"deadline": 5.0, "workers": 2}))
    assert (merged.detection.deadline, merged.detection.workers, kept) == (5.0, 1, ("detection.workers",))


def test_every_name_is_a_setting() -> None:
    for name in CHANGEABLE:
        value: object = Settings()
        for part in name.split("."):
            value = getattr(value, part)
