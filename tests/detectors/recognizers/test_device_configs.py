import pytest

from detectors.recognizers.device_configs import find

SECRET = "Rohr7Spatz&x"
KEY = "q7Rt2LmX9vBz4KdW8sYp3NfG6hJc"


@pytest.mark.parametrize(
    "form",
    [
        "username ops privilege 15 secret 0 V", "username ops password 7 V", "enable secret 5 V", "enable password V",
        "line vty 0 4\n password 7 V", "snmp-server community V RO", "rocommunity V 10.0.0.0/8",
        "tacacs-server key 7 V", "radius-server host 10.0.0.9 key V", "crypto isakmp key V address 0.0.0.0",
        'set security ike policy p pre-shared-key ascii-text "V"', "neighbor 10.0.0.2 password V",
        "//r.example.net/:_authToken=V", "//r.example.net/:_password=V", "stats auth ops:V", "cache_peer p parent 3128 0 login=ops:V", "[smtp.example.net]:587 mailer:V",
        "userdb password={PLAIN}V", 'key "k" { algorithm hmac-sha256; secret "V"; };', "rootpw --plaintext V",
        "chpasswd:\n  list: |\n    root:V", "wpa_passphrase=V", '  psk="V"', "bindpw V", "olcRootPW: x\nrootpw V",
        "openssl rsa -in k.pem -passin pass:V",
    ],
)  # fmt: skip
def test_passwords_behind_their_word(found, form):
    assert found(find, form.replace("V", SECRET)) == [(SECRET, "PASSWORD")]


def test_a_passphrase_has_spaces(found):
    assert found(find, "ssid=x\nwpa_passphrase=three old mills\n") == [("three old mills", "PASSWORD")]


@pytest.mark.parametrize(
    "form",
    [
        '"Jwt": {"Issuer": "shop", "Key": "V"}', "jwt:\n  issuer: shop\n  key: V\n", '"TokenSettings":{"SigningKey":"V"}',
    ],
)  # fmt: skip
def test_keys_that_their_object_names(found, form):
    assert found(find, form.replace("V", KEY)) == [(KEY, "SECRET")]


def test_keys_in_headers_that_a_proxy_sets(found):
    assert found(find, f"proxy_set_header X-Api-Key {KEY};") == [(KEY, "SECRET")]
    assert found(find, "proxy_set_header X-Api-Key $api_key;") == []


def test_gossip_keys(found, rnd):
    key = rnd(43) + "="
    assert found(find, f'encrypt = "{key}"') == [(key, "PASSWORD")]


@pytest.mark.parametrize(
    "text",
    [
        "", "username ops privilege 15", "snmp-server community public RO", "enable password <password>",
        "user ana password required", "wpa_passphrase=${WIFI}", "bindpw {{ ldap_password }}",
        '"Jwt": {"Issuer": "shop", "Key": "Jwt:SigningKeyName"}', "jwt:\n  key: shop-signing-key\n",
        '"auth": {"key": "settings.notifications.email"}', "encrypt = true", "pass: the ball", "pass:$PASS",
        "The neighbor told me the password was long.", "psk = x", "chpasswd: no",
        "//r.example.net/:_authToken=${NPM_TOKEN}", "//r.example.net/:_authToken=npm_your_token",
        "example.net user:group", "stats auth on", 'secret "<secret>";',
    ],
)  # fmt: skip
def test_near_misses(found, text):
    assert found(find, text) == []
