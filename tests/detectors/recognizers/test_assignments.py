import pytest

from detectors.recognizers.assignments import find

HEX = "8f14e45fceea167a5a36dedd4bea2543"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ('password = "Tr0ub4dor&3"', "Tr0ub4dor&3", "PASSWORD"),
        ("DB_PASS: s3cr3t-db", "s3cr3t-db", "PASSWORD"),
        ('{"vm_password": "hunter2!"}', "hunter2!", "PASSWORD"),
        ('{\\"password\\": \\"hunter2!\\"}', "hunter2!", "PASSWORD"),
        ("Password=thisismypassword;", "thisismypassword", "PASSWORD"),
        ("password        => 'thisiivyl',", "thisiivyl", "PASSWORD"),
        ("my password is hunter2", "hunter2", "PASSWORD"),
        ("otp 4623", "4623", "PASSWORD"),
        ("PIN: 4821", "4821", "PASSWORD"),
        ('secret: "violets#are"', "violets#are", "SECRET"),
        ("DB_PASSWORD=wet_horse_battery\n", "wet_horse_battery", "PASSWORD"),
        (
            "SECRET_KEY = 'django-insecure-a(r5b^c(kb=n!%(^+=rj@bn@u9-k9'",
            "django-insecure-a(r5b^c(kb=n!%(^+=rj@bn@u9-k9",
            "SECRET",
        ),
        ("--tls-bootstrap-token abcdef.5521977126dfbfff", "abcdef.5521977126dfbfff", "SECRET"),
        ("passwort = 'h4nds0ff'", "h4nds0ff", "PASSWORD"),
        ("the token for shop is k3Zq9Xw7Lm2Vb8Rt5Yp1", "k3Zq9Xw7Lm2Vb8Rt5Yp1", "SECRET"),
        ("mysql --password hunter2x", "hunter2x", "PASSWORD"),
        (f"API_KEY={HEX}", HEX, "SECRET"),
        (f"const apiKey = '{HEX}';", HEX, "SECRET"),
        (f'token: str = "{HEX}"', HEX, "SECRET"),
        (f"curl -H 'X-Auth-Token: {HEX}'", HEX, "SECRET"),
        ("signing.password=gr1ll.zirp\n", "gr1ll.zirp", "PASSWORD"),
        ("Database=x;Password=Auster9.Perle;y", "Auster9.Perle", "PASSWORD"),
        ('smtp_password: "qwbp zdwk eltb veat"', "qwbp zdwk eltb veat", "PASSWORD"),
        ('password="Schnee#Ammer9"', "Schnee#Ammer9", "PASSWORD"),
        ("db: user=shop password=Laub&Frosch1 x", "Laub&Frosch1", "PASSWORD"),
        ("her password is blaue.Tasse8.", "blaue.Tasse8", "PASSWORD"),
        ("the password's Kuckuck-7 by the way", "Kuckuck-7", "PASSWORD"),
        ("user qa, pw Ostwind2026!", "Ostwind2026!", "PASSWORD"),
        (f"use this password to proceed: {HEX}", HEX, "PASSWORD"),
        (f"RABBITMQ_ERLANG_COOKIE: '{HEX}'", HEX, "SECRET"),
        (f"shopToken|{HEX}|live", HEX, "SECRET"),
        (
            "AWS_SECRET_KEY=/k3Zq9Xw7Lm2Vb8Rt5Yp1QsDf6Gh4Jk0Ab/Cd8Ef",
            "/k3Zq9Xw7Lm2Vb8Rt5Yp1QsDf6Gh4Jk0Ab/Cd8Ef",
            "AWS_ACCESS_KEY",
        ),
        ("const p = process.env.DB_PASSWORD || 'fallb4ck!'", "fallb4ck!", "PASSWORD"),
    ],
)
def test_positives(found, text, value, kind):
    assert (value, kind) in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "password = os.environ['DB_PASSWORD']",
        "existingSecret: shop-postgresql-credentials-2",
        f"Sec-WebSocket-Key: {HEX}",
        "password: !GetAtt",
        'server->user = "anonymous";\nserver->password = "box@";',
        "user = 'Aladdin'\npassword = 'open_sesame'",
        "ssh-key: ssh-ed25519 AAAA",
        "'password' => 'posts#create'",
        f"Public Key Token: {HEX}",
        f"checksum/secret: {HEX}",
        f"MD5 (token.bin) = {HEX}",
        f"echo $token|{HEX}",
        "    password=settings.db1_password,",
        "password: AgB" + HEX * 6,
        "password: ENC[AES256_GCM,data:8f14e45f,iv:x]",
        "password = get_password()",
        "PASSWORD=${DB_PASSWORD}",
        'api_key = "<your-api-key>"',
        "password: string",
        "password = None",
        "forgot your password? reset it here",
        "the password is incorrect",
        'token_type = "bearer"',
        "max_tokens: 4096",
        "token = next(tokens)",
        'password_policy = "8-chars-min"',
        "secret: true",
        "secret_key = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaendbbbbbb",
        'headers = ("x-amz-security-token", "x-amz-content-sha256")',
        'raise Finding(match.end("password"), "CONNECTION_STRING", 0.95)',
        "secret = password.encode('utf-8')",
        "primaryKey: 3f2a9c1e-7b64-4d0a-9e15-6c8b2d4f7a90",
        'cache_key = "a1b2c3d4e5f60718a1b2c3d4"',
        "echo $token | base64 --decode2",
        'name = str(pat, "ISO-8859-1")',
        "key=value",
        '"result_key": "securityRequirementPackSummaries"',
        '"output_token": "EngineDefaults.Marker"',
        "private_key: PKCS7PrivateKeyTypes,",
        "GRPC_TOKEN = _SEND_INITIAL_METADATA_FROM_SERVER",
        'fnContextKey = "effect/http/HttpRouter/Middleware"',
        "--secret=projects/my-project/secrets/my-secret/versions/2",
        'secret_access_key = "abcdefg12346+FJQCK"',
        "licenseKey=a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8",
        "apiKey=px-api-a1b2c3d4-e5f6-g7h8-i8j0-k0l3m3n4o0p5",
        'next_page_token: "AMEw9yO5jnsGnZJLHSKDFHJJu"',
        "PublicKeyToken=b77a5c561934e089",
        '"CustomerMasterKeySpec": "RSA_4096"',
        'WS_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"',
        '_PAT = r"(?:[^%:/?#]|%[a-fA-F0-9]{2})*"',
        '"output_token": "Jobs[-1].JobId"',
        "call(certfile=cert_path, password=passphrase_value\n)",
        "def zip_decrypter(pwd):\n    key0 = 305419896",
        "setPassword(account: string, password: string): Promise<void>;",
        'sig1=("keyid="JrQLj5P";tag="sri"',
        "<input type=text name=pin size=14>",
        "if pass_zero == 'lowpass':",
        '"arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestDatabaseSecret-a1b2c3"',
        "return _e.mac?e.metaKey:e.ctrlKey}function",
        "# Pin Accept-Encoding so it doesn't vary",
        '<input name="password" type="password">',
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("hunter2-x", "password", [("hunter2-x", "PASSWORD")]),
        (HEX, "api_key", [(HEX, "SECRET")]),
        ("<password>", "password", []),
        ("Forgot your password? Reset it here.", "password", []),
        ("4096", "max_tokens", []),
        ("hunter2-x", "comment", []),
    ],
)
def test_the_fields_name(found, text, context, expected):
    assert found(find, text, context) == expected
