import pytest

from detectors.recognizers.networks import find

IP, MAC = "IP_ADDRESS", "MAC_ADDRESS"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 203.0.113.7 port 22", [("203.0.113.7", IP)]),
        ("http://192.168.1.51:8080/x", [("192.168.1.51", IP)]),
        ("10.1.2.3/24", [("10.1.2.3/24", IP)]),
        ("host 2001:db8:85a3::8a2e:370:7334 up", [("2001:db8:85a3::8a2e:370:7334", IP)]),
        ("00:1A:2b:3C:4d:5E", [("00:1A:2b:3C:4d:5E", MAC)]),
        ("00-1a-2b-3c-4d-5e", [("00-1a-2b-3c-4d-5e", MAC)]),
        ("version 10.0.19041.1", []),
        ("version 10.0.1.1", []),
        ("v1.2.3.4", []),
        ("nginx 1.25.3.1", []),
        ("ip 1.25.3.1", [("1.25.3.1", IP)]),
        ("127.0.0.1 and 0.0.0.0 and 255.255.255.255", []),
        ("256.1.1.1", []),
        ("1.2.3.4.5", []),
        ("std::vector<int>::iterator", []),
        ("::1", []),
        ("at 10:15:30", []),
        ("00:00:00:00:00:00", []),
    ],
)
def test_find(found, text, expected):
    assert found(find, text) == expected
