from detectors.recognizers.source import Source


def test_before():
    source = Source("abc def", "field")
    assert source.before(4, 2) == "field c "
    assert source.before(0) == "field "
    assert source.lower == "abc def"
    assert "abc" not in repr(source)
