from pathlib import Path

import pytest

from console.tagger_training import Plan, TrainingFailedError, run, train_tagger


class Commands:
    """Notes what would be run, and runs nothing."""

    def __init__(self, failing=""):
        self.lines, self.failing = [], failing

    def __call__(self, arguments, folder, output):
        line = " ".join(arguments)
        self.lines.append(line)
        if "venv" in arguments:
            Path(arguments[-1]).mkdir(parents=True, exist_ok=True)
        if output is not None:
            output.write_text("[]", encoding="utf-8")
        return 3 if self.failing and self.failing in line else 0


@pytest.fixture
def checkout(tmp_path):
    for name in ("tagger.py", "requirements.txt", "files.txt"):
        (tmp_path / "training").mkdir(exist_ok=True)
        (tmp_path / "training" / name).write_text(name, encoding="utf-8")
    (tmp_path / "data").mkdir()
    return tmp_path


def trained(checkout, commands, **options):
    plan = Plan(checkout / "data", checkout / "trial", 4, **options)
    train_tagger(plan, lambda _: None, root=checkout, runner=commands)
    return commands.lines


def test_environment_texts_rounds(checkout):
    lines = trained(checkout, Commands(), without=("wnut17_dev", "business_docs"))
    assert [line.split(" -m ")[1].split()[0] for line in lines] == [
        "venv",
        "pip",
        "pip",
        "training.texts",
        "training.tagger",
    ]
    assert "--no-deps" not in lines[1]
    assert "--no-deps" in lines[2]
    assert "--rounds 4 --without wnut17_dev --without business_docs" in lines[-1]
    assert lines[-1].startswith(str(checkout / ".cache/training/bin/python"))


def test_the_environment_is_made_once_and_again_for_other_versions(checkout):
    trained(checkout, Commands())
    assert len(trained(checkout, Commands())) == 2
    (checkout / "training/files.txt").write_text("other", encoding="utf-8")
    assert len(trained(checkout, Commands())) == 5


def test_an_environment_of_one_s_own(checkout):
    lines = trained(checkout, Commands(), python=Path("/opt/mine/python"))
    assert len(lines) == 2
    assert lines[1].startswith("/opt/mine/python -m training.tagger")


def test_the_texts_do_not_stay(checkout):
    trained(checkout, Commands(), python=Path("python"))
    assert list((checkout / "trial").iterdir()) == []


def test_weights_are_taught_further(checkout):
    (checkout / "card.json").write_text("{}", encoding="utf-8")
    assert f"--start {checkout}" in trained(checkout, Commands(), python=Path("python"), start=checkout)[-1]


@pytest.mark.parametrize(
    ("options", "missing", "message"),
    [
        ({}, "training/tagger.py", "checkout of Privet"),
        ({}, "data", "--data DIR"),
        ({"start": Path("/nowhere")}, None, "no card.json"),
    ],
)
def test_what_is_missing_is_said_before_anything_runs(checkout, options, missing, message):
    if missing is not None:
        path = checkout / missing
        path.rmdir() if path.is_dir() else path.unlink()
    commands = Commands()
    with pytest.raises(TrainingFailedError, match=message):
        trained(checkout, commands, **options)
    assert commands.lines == []


@pytest.mark.parametrize("step", ["venv", "requirements.txt", "training.texts", "training.tagger"])
def test_a_step_that_fails_ends_it(checkout, step):
    commands = Commands(failing=step)
    with pytest.raises(TrainingFailedError, match=r"exit code 3.*--python"):
        trained(checkout, commands)
    assert step in commands.lines[-1]
    # What was half made is made again.
    assert step in {"training.texts", "training.tagger"} or len(trained(checkout, Commands())) == 5


def test_a_command_s_output_goes_into_a_file(tmp_path):
    assert run(["/bin/sh", "-c", "echo said; exit 4"], tmp_path, tmp_path / "out") == 4
    assert (tmp_path / "out").read_text(encoding="utf-8") == "said\n"
    assert run(["/bin/sh", "-c", "test -f out"], tmp_path) == 0
