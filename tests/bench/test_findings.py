from bench.findings import differences


def test_differences():
    before = {"a": [["PERSON", 0, 3, 0.9, "tagger"], ["LOCATION", 5, 9, 0.6, "tagger"]], "only before": []}
    after = {"a": [["PERSON", 0, 3, 0.9004, "tagger"], ["LOCATION", 5, 10, 0.6, "tagger"]], "only after": []}
    assert differences(before, before) == []
    lines = differences(before, after)
    assert [line[0] for line in lines] == ["+", "-"]
    assert "'LOCATION', 5, 10" in lines[0]
    assert "'LOCATION', 5, 9" in lines[1]
    (changed,) = differences({"a": [["PERSON", 0, 3, 0.9, "tagger"]]}, {"a": [["PERSON", 0, 3, 0.7, "tagger"]]})
    assert changed.startswith("~ a")
