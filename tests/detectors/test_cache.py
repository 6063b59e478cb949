from detectors.cache import ScanCache
from detectors.finding import Finding, Scan, Skipped, SkipReason

SCAN = Scan((Finding(0, 1, "PERSON", 1.0, "test"),))


def test_what_was_scanned_is_remembered():
    cache = ScanCache(10)
    assert cache.get("a", "") is None
    cache.put("a", "", SCAN)
    assert cache.get("a", "") == SCAN
    assert (cache.hits, cache.misses, len(cache)) == (1, 1, 1)


def test_the_field_is_part_of_the_key_and_so_are_lengths():
    cache = ScanCache(10)
    cache.put("bc", "a", SCAN)
    assert cache.get("bc", "") is None
    assert cache.get("c", "ab") is None


def test_the_oldest_goes_first_and_use_counts():
    cache = ScanCache(2)
    cache.put("a", "", SCAN)
    cache.put("b", "", SCAN)
    cache.get("a", "")
    cache.put("c", "", SCAN)
    assert cache.get("b", "") is None
    assert cache.get("a", "") == cache.get("c", "") == SCAN


def test_what_was_skipped_is_not_remembered():
    cache = ScanCache(10)
    cache.put("a", "", Scan(skipped=(Skipped("", SkipReason.TIMEOUT),)))
    assert len(cache) == 0


def test_a_memory_of_nothing():
    cache = ScanCache(0)
    cache.put("a", "", SCAN)
    assert cache.get("a", "") is None


def test_two_memories_have_two_keys():
    assert ScanCache(1)._digest("a", "") != ScanCache(1)._digest("a", "")


def test_lone_surrogates():
    cache = ScanCache(2)
    cache.put("\ud800", "", SCAN)
    assert cache.get("\ud800", "") == SCAN
