"""From findings to new texts."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding
from policy.decision import Action, Operator
from proxy.errors import ProxyError
from proxy.message import Role, Segment
from proxy.restore import restore_text
from proxy.transforms import deidentify as deidentify_module
from proxy.transforms.deidentify import Deidentified, deidentify, occurrences, spreads
from proxy.transforms.token import find_tokens, make_token

KEY, SCOPE = b"key", "department:support"


def action(kind: str, operator: Operator = Operator.TOKENIZE, **more: object) -> Action:
    return Action(kind, operator, **{"min_score": 0.5, "rule_id": "r", **more})  # type: ignore[arg-type]


def run(texts: list[str], found: list[tuple[int, str, str]], actions: list[Action], score: float = 0.9) -> Deidentified:
    """`found`: (text's index, value, entity type); every place where the value stands in that text is a finding."""
    segments = [Segment(f"/{index}", Role.USER, text) for index, text in enumerate(texts)]
    findings: dict[str, list[Finding]] = {}
    for index, value, kind in found:
        places = [m.start() for m in re.finditer(re.escape(value), texts[index])]
        findings.setdefault(f"/{index}", []).extend(Finding(at, at + len(value), kind, score, "test") for at in places)
    return deidentify(segments, findings, actions, key=KEY, scope=SCOPE)


def token(kind: str, value: str) -> str:
    return make_token(KEY, SCOPE, kind, value)


ANNA = token("PERSON", "Anna Schmidt")


def test_tokenize() -> None:
    done = run(["I am Anna Schmidt."], [(0, "Anna Schmidt", "PERSON")], [action("PERSON")])
    assert done.texts == {"/0": f"I am {ANNA}."}
    assert done.tokens == {ANNA: "Anna Schmidt"}
    assert done.applied == (("/0", "PERSON", "tokenize", 1),)


def test_tokens_that_are_not_restored_are_not_kept() -> None:
    done = run(["Anna Schmidt"], [(0, "Anna Schmidt", "PERSON")], [action("PERSON", restore=False)])
    assert done.texts == {"/0": ANNA}
    assert done.tokens == {}


def test_mask_and_redact() -> None:
    actions = [action("CREDIT_CARD", Operator.MASK, keep_last=4), action("SECRET", Operator.REDACT)]
    text = "card 4111111111111111, key hunter2"
    done = run([text], [(0, "4111111111111111", "CREDIT_CARD"), (0, "hunter2", "SECRET")], actions)
    assert done.texts == {"/0": "card ************1111, key [SECRET]"}
    assert done.tokens == {}


@pytest.mark.parametrize(("actions", "score"), [([], 0.9), ([action("EMAIL_ADDRESS")], 0.9), ([action("PERSON")], 0.4)])
def test_what_no_action_names_stays(actions: list[Action], score: float) -> None:
    assert run(["Anna Schmidt"], [(0, "Anna Schmidt", "PERSON")], actions, score).texts == {}


def test_white_space_around_a_finding_is_not_the_values() -> None:
    done = run(["a Anna Schmidt b"], [(0, " Anna Schmidt ", "PERSON")], [action("PERSON")])
    assert done.texts == {"/0": f"a {ANNA} b"}


def test_the_strongest_of_two_actions_for_a_type() -> None:
    actions = [action("PERSON", Operator.MASK), action("PERSON", Operator.REDACT), action("PERSON")]
    assert run(["Anna Schmidt"], [(0, "Anna Schmidt", "PERSON")], actions).texts == {"/0": "[PERSON]"}


def test_a_token_that_nobody_wants_back_keeps_a_surrogate_of_the_same_value_from_coming_back() -> None:
    actions = [action("PERSON", Operator.TOKENIZE, restore=False), action("LOCATION", Operator.SURROGATE)]
    found = [(0, "Anna Schmidt", "PERSON"), (0, "Anna Schmidt", "LOCATION")]
    done = run(["Anna Schmidt"], found, actions)
    assert "Anna" not in done.texts["/0"]
    assert done.tokens == {}


def test_surrogates_hide_the_value_and_come_back() -> None:
    done = run(["I am Anna Schmidt."], [(0, "Anna Schmidt", "PERSON")], [action("PERSON", Operator.SURROGATE)])
    assert "Anna" not in done.texts["/0"]
    assert sorted(done.tokens.values()) == ["Anna", "Anna Schmidt", "Schmidt"]  # a model may go on with a part of it
    assert done.applied == (("/0", "PERSON", "surrogate", 1),)


def test_masks_keep_the_fewer_characters() -> None:
    actions = [action("PERSON", Operator.MASK, keep_last=4), action("PERSON", Operator.MASK, keep_last=1)]
    assert run(["Schmidtova"], [(0, "Schmidtova", "PERSON")], actions).texts == {"/0": "*********a"}


def test_a_value_has_one_token_whatever_its_findings_are_called() -> None:
    done = run(
        ["Anna Schmidt", "Anna Schmidt"],
        [(0, "Anna Schmidt", "PERSON"), (1, "Anna Schmidt", "STREET_ADDRESS")],
        [action("STREET_ADDRESS"), action("PERSON")],
    )
    assert done.texts == {"/0": ANNA, "/1": ANNA}


def test_overlapping_findings_are_one() -> None:
    done = run(
        ["to Anna Schmidt now"],
        [(0, "Anna Schmidt", "PERSON"), (0, "Schmidt now", "STREET_ADDRESS")],
        [action("PERSON"), action("STREET_ADDRESS")],
    )
    assert done.texts == {"/0": f"to {token('PERSON', 'Anna Schmidt now')}"}
    assert done.tokens == {token("PERSON", "Anna Schmidt now"): "Anna Schmidt now"}


def test_of_overlapping_findings_the_strongest_action_counts() -> None:
    done = run(
        ["to Anna Schmidt now"],
        [(0, "Anna Schmidt", "PERSON"), (0, "Schmidt", "SECRET")],
        [action("PERSON"), action("SECRET", Operator.REDACT)],
    )
    assert done.texts == {"/0": "to [SECRET] now"}


PROPAGATION = [
    # value, other text, what becomes of it (T: the token)
    ("Anna Schmidt", "Anna Schmidt wrote", "T wrote"),
    ("Anna Schmidt", "_Anna Schmidt_", "_T_"),
    ("Anna Schmidt", "ANNA SCHMIDT", None),
    ("Anna Schmidt", "Johanna Schmidt", None),
    ("Anna Schmidt", "Anna Schmidtke", None),
    ("anna@x.com", "<mailto:anna@x.com>", "<mailto:T>"),
    ("anna@x.com", "Xanna@x.comX", "XTX"),
    ("4111111111111111", "id4111111111111111;", "idT;"),
    ("4111111111111111", "94111111111111111", None),
    ("R2D2", "R2D2 is here", "T is here"),
    ("R2D2", "R2D22", None),
    ("Will", "Will you come?", None),
    ("Gaby O", "Gaby O'Neil", "T'Neil"),
]


@pytest.mark.parametrize(("value", "text", "expected"), PROPAGATION)
def test_values_are_replaced_wherever_else_they_stand(value: str, text: str, expected: str | None) -> None:
    done = run([f"It is {value}.", text], [(0, value, "PERSON")], [action("PERSON")])
    wanted = text if expected is None else expected.replace("T", token("PERSON", value), 1)
    assert done.texts.get("/1", text) == wanted


def test_a_value_inside_a_longer_one_found_elsewhere() -> None:
    done = run(
        ["Anna Schmidt", "Schmidt, Anna Schmidt"],
        [(0, "Anna Schmidt", "PERSON"), (1, "Schmidt", "PERSON")],
        [action("PERSON")],
    )
    assert done.texts["/1"] == f"{ANNA.replace('PERSON_', 'PERSON_LAST_')}, {ANNA}"


def test_parts_of_a_name_have_its_code_and_turn_back_as_written() -> None:
    text = "Anna Schmidt: Schmidt, ANNA SCHMIDT, Anna, Frau Schmidt; Carl Brown, Brown"
    values = ("Anna Schmidt", "Schmidt", "ANNA SCHMIDT", "Anna", "Frau Schmidt", "Carl Brown", "Brown")
    done = run([text], [(0, value, "PERSON") for value in values], [action("PERSON")])
    found = [found.token for found in find_tokens(done.texts["/0"])]
    code, other = ANNA[-8:], token("PERSON", "Carl Brown")[-8:]
    assert found[0] == ANNA
    assert found[1] == f"PERSON_LAST_{code}"
    assert re.fullmatch(rf"PERSON_FULL_[A-Z]_{code}", found[2])
    assert found[3] == f"PERSON_FIRST_{code}"
    assert re.fullmatch(rf"PERSON_LAST_[A-Z]_{code}", found[4])
    assert found[5:] == [f"PERSON_{other}", f"PERSON_LAST_{other}"]
    assert restore_text(done.texts["/0"], done.tokens) == text
    again = run([text], [(0, value, "PERSON") for value in values], [action("PERSON")])
    assert again == done


def test_a_name_that_two_people_share_has_a_code_of_its_own() -> None:
    text = "Anna Schmidt and Carl Schmidt; Schmidt"
    done = run(
        [text], [(0, value, "PERSON") for value in ("Anna Schmidt", "Carl Schmidt", "Schmidt")], [action("PERSON")]
    )
    carl, alone = token("PERSON", "Carl Schmidt"), token("PERSON", "Schmidt")
    assert done.texts["/0"] == f"{ANNA} and {carl}; {alone}"


def test_a_name_that_comes_first_lends_its_code_to_the_full_one() -> None:
    before = run(["Schmidt called"], [(0, "Schmidt", "PERSON")], [action("PERSON")])
    found = [(0, "Schmidt", "PERSON"), (1, "Anna Schmidt", "PERSON")]
    after = run(["Schmidt called", "Anna Schmidt"], found, [action("PERSON")])
    assert after.texts["/0"] == before.texts["/0"]
    assert after.texts["/1"] == token("PERSON", "Schmidt").replace("PERSON_", "PERSON_FULL_")


def test_what_a_second_look_finds_is_still_theirs() -> None:
    segments = [Segment("/0", Role.USER, "Anna Schmidt, SCHMIDT")]
    whole, shout = Finding(0, 12, "PERSON", 0.9, "x"), Finding(14, 21, "PERSON", 0.9, "x")
    both = deidentify(segments, {"/0": [whole, shout]}, [action("PERSON")], key=KEY, scope=SCOPE)
    first = deidentify(segments, {"/0": [whole]}, [action("PERSON")], key=KEY, scope=SCOPE)
    left = [Segment("/0", Role.USER, first.texts["/0"])]
    at = first.texts["/0"].index("SCHMIDT")
    second = deidentify(
        left, {"/0": [Finding(at, at + 7, "PERSON", 0.9, "x")]}, [action("PERSON")], key=KEY, scope=SCOPE, before=first
    )
    assert second.texts == both.texts


def test_parts_of_a_name_that_is_not_turned_back_are_not_either() -> None:
    done = run(
        ["Anna Schmidt, Schmidt"],
        [(0, "Anna Schmidt", "PERSON"), (0, "Schmidt", "PERSON")],
        [action("PERSON", restore=False)],
    )
    assert done.tokens == {}
    assert len(done.silent) == 2


def test_a_types_own_name_is_no_value() -> None:
    done = run(["the [PERSON] said"], [(0, "PERSON", "PERSON")], [action("PERSON", Operator.REDACT)])
    assert done.texts == {}


def test_a_part_of_a_types_name_is_a_value() -> None:
    done = run(["IONA said"], [(0, "IONA", "PERSON")], [action("PERSON", Operator.REDACT), action("NATIONAL_ID")])
    assert done.texts == {"/0": "[PERSON] said"}


def test_what_looks_like_a_token_is_text() -> None:
    done = run([f"{ANNA} and Bob Brown"], [(0, "Bob Brown", "PERSON")], [action("PERSON")])
    assert done.texts["/0"].startswith(ANNA)
    assert ANNA not in done.tokens


def test_a_finding_outside_its_text_refuses_the_request() -> None:
    segment = Segment("/0", Role.USER, "ab")
    with pytest.raises(ProxyError):
        deidentify([segment], {"/0": [Finding(1, 9, "PERSON", 0.9, "x")]}, [action("PERSON")], key=KEY, scope=SCOPE)


def test_a_repr_holds_no_content() -> None:
    done = run(["I am Anna Schmidt."], [(0, "Anna Schmidt", "PERSON")], [action("PERSON")])
    assert "Anna" not in repr(done)
    assert "I am" not in repr(done)


@given(
    text=st.text("ab1 @", max_size=40),
    values=st.sets(st.text("ab1 @", min_size=4, max_size=9), min_size=1, max_size=8),
    anywhere=st.booleans(),
)
def test_many_values_are_found_where_few_are(text: str, values: set[str], anywhere: bool) -> None:
    few = sorted(deidentify_module._places(text, values, anywhere=anywhere))
    many = {*values, *(f"filler {number}" for number in range(40))}
    assert sorted(deidentify_module._places(text, many, anywhere=anywhere)) == few


def test_many_values_in_a_long_text_take_no_time() -> None:
    names = [f"Name{number} Surname{number}" for number in range(4000)]
    start = time.process_time()
    done = run([" ".join(names), " and ".join(names)], [(0, name, "PERSON") for name in names], [action("PERSON")])
    assert len(done.tokens) == 4000
    assert time.process_time() - start < 8


words = st.sampled_from(
    [
        "Anna",
        "Schmidt",
        "Anna Schmidt",
        "Will",
        "anna@x.com",
        "4111111111111111",
        "R2D2",
        "_",
        " ",
        " ",
        "-",
        "*",
        "é🙂",
        "PERSON",
        "\0",
        "\n",
    ]
)
segment_texts = st.lists(st.lists(words, max_size=8).map("".join), min_size=1, max_size=4)
marks = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 20), st.sampled_from(["PERSON", "SECRET"])),
    max_size=6,
)
operators = st.tuples(st.sampled_from(Operator), st.sampled_from(Operator))


def marked(texts: list[str], marks: list[tuple[int, int, int, str]]) -> dict[str, list[Finding]]:
    findings: dict[str, list[Finding]] = {}
    for index, start, length, kind in marks:
        text = texts[index % len(texts)]
        if start < len(text):
            end = min(len(text), start + length)
            findings.setdefault(f"/{index % len(texts)}", []).append(Finding(start, end, kind, 0.9, "x"))
    return findings


@settings(max_examples=200)
@given(texts=segment_texts, marks=marks, kinds=operators)
def test_no_replaced_value_is_left(
    texts: list[str], marks: list[tuple[int, int, int, str]], kinds: tuple[Operator, Operator]
) -> None:
    segments = [Segment(f"/{index}", Role.USER, text) for index, text in enumerate(texts)]
    findings = marked(texts, marks)
    actions = [action("PERSON", kinds[0]), action("SECRET", kinds[1])]
    done = deidentify(segments, findings, actions, key=KEY, scope=SCOPE)
    for pointer, found in findings.items():
        for item in found:
            value = texts[int(pointer[1:])][item.start : item.end].strip()
            operator = kinds[0] if item.entity_type == "PERSON" else kinds[1]
            nothing = not value or value in {"PERSON", "SECRET"}
            nothing = nothing or (Operator.MASK in kinds and "*" in value)  # a mask beside it may look like it
            if nothing or not spreads(value) or (operator is Operator.MASK and not any(c.isalnum() for c in value)):
                continue
            for segment in segments:
                text = done.texts.get(segment.pointer, segment.text)
                for seen in reversed(list(find_tokens(text))):
                    text = text[: seen.start] + "\x01" + text[seen.end :]
                text = text.replace("[PERSON]", "\x01").replace("[SECRET]", "\x01")
                assert not list(occurrences(text, value))


@settings(max_examples=200)
@given(texts=segment_texts, marks=marks)
def test_restoring_gives_every_text_back(texts: list[str], marks: list[tuple[int, int, int, str]]) -> None:
    segments = [Segment(f"/{index}", Role.USER, text) for index, text in enumerate(texts)]
    actions = [action("PERSON"), action("SECRET")]
    done = deidentify(segments, marked(texts, marks), actions, key=KEY, scope=SCOPE)
    for segment in segments:
        assert restore_text(done.texts.get(segment.pointer, segment.text), done.tokens) == segment.text
    assert sum(count for *_, count in done.applied) >= len(done.tokens)


@given(texts=segment_texts, marks=marks)
def test_later_turns_change_nothing_in_earlier_ones(texts: list[str], marks: list[tuple[int, int, int, str]]) -> None:
    """The provider's prompt cache lives on this: the same beginning gives the same bytes."""
    segments = [Segment(f"/{index}", Role.USER, text) for index, text in enumerate(texts)]
    findings = marked(texts, marks)
    actions = [action("PERSON"), action("SECRET")]
    first = deidentify(segments, findings, actions, key=KEY, scope=SCOPE)
    later = Segment("/9", Role.USER, "Carl Brown says hello")
    second = deidentify(
        [*segments, later], {**findings, "/9": [Finding(0, 10, "PERSON", 0.9, "x")]}, actions, key=KEY, scope=SCOPE
    )
    assert {p: t for p, t in second.texts.items() if p != "/9"} == first.texts
