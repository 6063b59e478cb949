"""YAML with positions."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from configs.yaml_source import Problem, SourceError, load_yaml, parse_yaml

TEXT = """\
# a comment
name: acme
rules:
  - id: one
    when: {labels: [a, b]}
  - id: two
empty:
"""


@pytest.mark.parametrize(
    ("path", "of_key", "expected"),
    [
        ((), False, (1, 1)),
        (("name",), False, (2, 7)),
        (("name",), True, (2, 1)),
        (("rules", 0), False, (4, 5)),
        (("rules", 0, "id"), False, (4, 9)),
        (("rules", 1, "id"), True, (6, 5)),
        (("rules", 0, "when", "labels", 1), False, (5, 24)),
        (("rules", 7, "id"), False, (4, 3)),  # the nearest that exists
        (("nothing", "here"), False, (1, 1)),
        (("name", "deeper"), False, (2, 7)),
    ],
)
def test_positions(path, of_key, expected):
    source = parse_yaml(TEXT, "f.yaml")
    assert source.position(path, of_key=of_key) == expected
    assert source.problem(path, "wrong", of_key=of_key) == Problem("f.yaml", *expected, "wrong")


def test_data_are_plain():
    data = parse_yaml(TEXT, "f").data
    assert data == {
        "name": "acme",
        "rules": [{"id": "one", "when": {"labels": ["a", "b"]}}, {"id": "two"}],
        "empty": None,
    }
    assert type(data) is dict
    assert type(data["rules"]) is list
    assert type(data["name"]) is str


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),  # YAML 1.2: no Norway problem
        ("1:30", "1:30"),
        ("0o17", 15),
        ("017", 17),
        ("1_000", "1_000"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("1.5", 1.5),
        ("'1.5'", "1.5"),
        ("2026-11-01", None),
        ("", None),
    ],
)
def test_scalars(text, value):
    data = parse_yaml(text, "f").data
    if text == "2026-11-01":
        assert str(data).startswith("2026-11-01")
    elif text == "1_000":
        assert data in {"1_000", 1000}
    else:
        assert data == value
        assert type(data) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\na: 2\n", 2, "duplicate"),
        ("a: [1, 2\nb: 3\n", 2, ""),
        ("a: 'open\n", 2, ""),
        ("a: b: c\n", 1, ""),
        ("\tx: 1\n", 1, ""),
        ("a: &x 1\nb: *y\n", 2, "undefined alias"),
        ("--- 1\n--- 2\n", 2, ""),
    ],
)
def test_errors_say_where(text, line, told):
    with pytest.raises(SourceError) as caught:
        parse_yaml(text, "f.yaml")
    (problem,) = caught.value.problems
    assert problem.file == "f.yaml"
    assert problem.line == line, problem
    assert told in problem.message
    assert "\n" not in problem.message


def test_nothing_is_executed(tmp_path):
    marker = tmp_path / "marker"
    for text in (f"!!python/object/apply:os.system ['touch {marker}']", f"a: !!python/name:os.system {marker}"):
        with contextlib.suppress(SourceError):
            parse_yaml(text, "f")
        assert not marker.exists()


@pytest.mark.parametrize(
    ("data", "told"), [(None, "no such file"), (b"\xff\xfe\x00", "not UTF-8 text"), ("directory", "can't be read")]
)
def test_files_that_cannot_be_read(tmp_path, data, told):
    path = tmp_path / "f.yaml"
    if data == "directory":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(SourceError, match=told) as caught:
        load_yaml(path)
    assert str(caught.value).startswith(f"{path}:1:1: ")


def test_problems_read_as_compilers_print_them():
    problems = [Problem("b", 2, 1, "y"), Problem("a", 10, 2, "x")]
    assert str(SourceError(problems)) == "b:2:1: y\na:10:2: x"
    assert min(problems).file == "a"


# ruamel writes ": a" without quotes, and then can't read it.
TEXTS = st.text("abc xyz:#-é", max_size=8).filter(lambda text: not text.startswith(":"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_dumped_is_read_back(value):
    import io

    out = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.dump(value, out)
    assert parse_yaml(out.getvalue(), "f").data == value


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(SourceError):
        parse_yaml(text, "f")


def test_a_text_nested_too_deeply():
    with pytest.raises(SourceError, match=r"f\.yaml:1:1: nested too deeply"):
        parse_yaml("a: " + "[" * 5000, "f.yaml")


def test_aliases_that_stand_for_a_billion_values():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(SourceError, match="stand for too many values"):
        parse_yaml("\n".join(lines), "f.yaml")


def test_aliases_that_people_use():
    source = parse_yaml("base: &b {x: 1}\nall: [" + ", ".join(["*b"] * 500) + "]", "f.yaml")
    assert source.data["all"] == [{"x": 1}] * 500
