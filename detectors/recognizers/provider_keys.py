"""Keys and tokens by the vendor's own format: a prefix or a structure that nothing else has.

Formats are those that the vendors document or use; a key without a telling format is found by its name
(`detectors.recognizers.assignments`).
"""

import re
from collections.abc import Callable, Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import entropy, is_placeholder
from detectors.recognizers.rule import Rule, apply_rules, words
from detectors.recognizers.source import Source, Within

_B = r"(?<![A-Za-z0-9])"  # not inside a longer word; `_`, `-` and `=` may come before
_E = r"(?![A-Za-z0-9])"


# Their random part is short or of letters mainly: some of them hold no digit.
_MAYBE_WITHOUT_DIGITS = ("hf_", "gsk_", "xox", "AKIA", "ASIA", "ABIA", "ACCA", "A3T", "AKC")


def _genuine(value: str) -> bool:
    """Not `sk-xxxxxxxx` or `ghp_aaaaaaaa`: a random part has many different characters."""
    tail = value[-24:]
    if not any(character.isdigit() for character in value) and not value.startswith(_MAYBE_WITHOUT_DIGITS):
        return False
    return len(set(tail)) >= min(6, len(tail) // 2) and not re.search(r"(?i)x{6,}|your|\.\.\.|placeholder", value)


def _mixed(value: str) -> bool:
    return (
        entropy(value) >= 3.2
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not is_placeholder(value)
    )


# (prefix for the cheap test, expression)
_PREFIXED = (
    # Models
    ("sk-", r"sk-(?:proj|svcacct|admin|None|service)-[\w-]{20,250}"),
    ("sk-", r"sk-[A-Za-z0-9]{20,64}"),
    ("sk-ant-", r"sk-ant-[a-z0-9]{2,10}-[\w-]{20,200}"),
    ("sk-or-", r"sk-or-v1-[0-9a-f]{32,64}"),
    ("gsk_", r"gsk_[A-Za-z0-9]{20,64}"),
    ("hf_", r"hf_[A-Za-z0-9]{30,40}"),
    ("api_org_", r"api_org_[A-Za-z0-9]{30,40}"),
    ("r8_", r"r8_[A-Za-z0-9]{36,40}"),
    ("xai-", r"xai-[A-Za-z0-9]{60,90}"),
    ("pplx-", r"pplx-[A-Za-z0-9]{32,64}"),
    ("tvly-", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,40}"),
    ("jina_", r"jina_[\w-]{40,70}"),
    ("fc-", r"fc-[0-9a-f]{32}"),
    ("nvapi-", r"nvapi-[\w-]{50,80}"),
    ("lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("pcsk_", r"pcsk_[\w]{40,90}"),
    ("pa-", r"pa-[A-Za-z0-9_-]{43}"),
    # Clouds
    ("aiza", r"AIza[\w-]{35}"),
    ("ya29.", r"ya29\.[\w-]{20,400}"),
    ("gocspx-", r"GOCSPX-[\w-]{24,32}"),
    ("1//0", r"1//0[\w-]{30,120}"),
    ("do", r"do[opr]_v1_[0-9a-f]{64}"),
    ("abska", r"ABSKA?[A-Za-z0-9+/]{40,150}={0,2}"),
    ("q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}"),
    ("azdo", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
    ("apim", r"[A-Za-z0-9]{33}(?:APIM|ACDb|AzFu)[A-Za-z0-9+/=]{10,20}"),
    ("dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    ("hrku-", r"HRKU-[\w-]{36,80}"),
    ("fm", r"fm[12][ar]?_[A-Za-z0-9+/=_-]{60,400}"),
    ("lt", r"LTAI[A-Za-z0-9]{16,24}"),
    ("akid", r"AKID[A-Za-z0-9]{32}"),
    ("v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{140,160}"),
    ("ocid", r"ocid1\.credential\.[\w.]{20,200}"),
    # Code, packages, builds
    ("gh", r"gh[pousr]_[A-Za-z0-9]{30,255}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    ("gl", r"gl(?:pat|ptt|soat|dt|rt|rtr|cbt|imt|agent|ft|oas|ffct)-[\w-]{20,120}"),
    ("gr1348941", r"GR1348941[\w-]{20}(?![\w-])"),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-AgE[\w-]{50,600}"),
    ("rubygems_", r"rubygems_[0-9a-f]{48}"),
    ("cio", r"cio[A-Za-z0-9]{32}"),
    ("oy2", r"oy2[a-z0-9]{43}"),
    ("dckr_", r"dckr_(?:pat|oat)_[\w-]{24,40}"),
    ("akc", r"AKC[A-Za-z0-9]{10,120}"),
    ("cmv", r"cmVmd[A-Za-z0-9]{59}"),
    ("sgp_", r"sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}"),
    ("atatt", r"ATATT3[\w=-]{60,250}"),
    ("atctt", r"ATCTT3[\w=-]{60,250}"),
    ("atbb", r"ATBB[A-Za-z0-9]{28,40}"),
    ("bbdc-", r"BBDC-[A-Za-z0-9+/]{40,60}"),
    ("ccipat_", r"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    ("bkua_", r"bkua_[0-9a-f]{40}"),
    ("sq", r"sq[apu]_[0-9a-f]{40}"),
    ("pul-", r"pul-[0-9a-f]{40}"),
    ("hawk.", r"hawk\.[\w-]{18,24}\.[\w-]{18,24}"),
    ("snyk", r"snyk_[\w.]{30,90}"),
    ("figd_", r"fig[duorh]{1,2}_[\w-]{30,60}"),
    ("lin_api_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    ("ntn_", r"ntn_[A-Za-z0-9]{40,50}"),
    ("secret_", r"secret_[A-Za-z0-9]{43}"),
    ("pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    ("pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    # Vaults and infrastructure
    ("hv", r"hv[sbr]\.[\w-]{24,300}"),
    ("s.", r"s\.(?=[A-Za-z]{0,30}\d)[A-Za-z0-9]{24,36}"),
    (".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}"),
    ("-", r"(?<![\w-])\d{1,3}-[A-Za-z0-9]{64}(?![\w-])"),  # TrueNAS
    ("dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    ("ops_ey", r"ops_eyJ[\w+/=-]{200,600}"),
    ("tskey-", r"tskey-(?:auth|api|client|scim|webhook)-[\w-]{20,60}"),
    ("pscale_", r"pscale_(?:tkn|oauth|pw)_[\w.=-]{32,64}"),
    ("sbp_", r"sbp_[0-9a-f]{40}"),
    ("sb_secret_", r"sb_secret_[\w-]{30,50}"),
    ("nfp_", r"nfp_[A-Za-z0-9]{36,40}"),
    ("rnd_", r"rnd_[A-Za-z0-9]{28,40}"),
    ("napi_", r"napi_[a-z0-9]{60,70}"),
    ("age-", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    # Watching
    ("glsa_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    ("glc_", r"glc_[A-Za-z0-9+/]{32,400}={0,2}"),
    ("nr", r"NR(?:AK|II|IQ|RA|AA|BR|SP)-[\w-]{27,45}"),
    ("nral", r"[0-9A-Za-z]{36}NRAL"),
    ("eyjrijoi", r"eyJrIjoi[A-Za-z0-9+/]{40,200}={0,2}"),
    ("px-", r"px-(?:api|dep)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("sntry", r"sntry[su]_[\w+/=-]{40,300}"),
    ("phc_", r"ph[cx]_[A-Za-z0-9]{40,50}"),
    ("dt0", r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("hb", r"hb[iacp]k_[A-Za-z0-9]{20,60}"),
    # Messages and people
    ("xox", r"xox[abepors]-(?:\d{1,2}-)?[\w-]{10,250}"),
    ("xapp-", r"xapp-[\w/+-]{20,200}"),
    ("xoxe", r"xoxe\.xox[bp]-\d-[\w-]{20,250}"),
    ("hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/]{20,120}"),
    ("webhook.office.com", r"webhook\.office\.com/webhookb2/[\w@/-]{60,300}"),
    ("api/webhooks", r"discord(?:app)?\.com/api/webhooks/\d{15,21}/[\w-]{50,90}"),
    (":aa", r"\d{8,10}:AA[\w-]{32,34}"),
    (".", r"[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40}"),
    ("sg.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("sk", r"SK[0-9a-f]{32}"),
    ("key-", r"key-[0-9a-f]{32}"),
    ("-us", r"[0-9a-f]{32}-us\d{1,2}"),
    ("xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    ("live_", r"live_\d{6,12}_[A-Za-z0-9]{30}"),
    ("eaa", r"EAA[A-Z][A-Za-z0-9]{40,300}"),
    ("aaaaaa", r"AAAAAA[A-Za-z0-9%]{60,140}"),
    ("pat-", r"pat-(?:na|eu)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("nylas", r"nyk_v0_[A-Za-z0-9]{60,70}"),
    ("sl.", r"sl\.(?:u\.)?[\w-]{60,1500}"),
    # Money and shops
    ("k_", r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,250}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{24,80}"),
    ("shp", r"shp(?:at|ca|pa|ss|ua|tka)_[0-9a-fA-F]{32}"),
    ("sq0", r"(?:sandbox-)?sq0(?:atp|csp|atb|csb)-[\w-]{20,50}"),
    ("eaaa", r"EAAA[\w-]{56,62}"),
    ("plaid", r"access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("rzp_", r"rzp_(?:live|test)_[A-Za-z0-9]{14}"),
    ("access_token$", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    ("duffel_", r"duffel_(?:test|live)_[\w=-]{43}"),
    ("flwseck", r"FLWSECK(?:_TEST)?-[0-9a-zA-Z]{12,40}"),
    # Maps, mail, devices, the rest
    (".eyj", r"sk\.eyJ[\w-]{20,400}\.[\w-]{20,40}"),
    ("aio_", r"aio_[A-Za-z0-9]{28}"),
    ("p8e-", r"p8e-[A-Za-z0-9]{32}"),
    ("da2-", r"da2-[a-z0-9]{26}"),
    ("00d", r"00D[A-Za-z0-9]{12,15}![\w.]{80,140}"),
    ("shippo_", r"shippo_(?:live|test)_[0-9a-f]{40}"),
    ("pubkey-", r"pubkey-[0-9a-f]{32}"),
    ("ico-", r"ico-[A-Za-z0-9]{32}"),
)  # fmt: skip

_HASHES = (
    ("$2", r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}"),
    ("$", r"\$(?:1|5|6|7|y|gy|apr1|8|9)\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,128}"),
    ("$argon2", r"\$argon2(?:id|i|d)\$[\w$=,+/.-]{30,250}"),
    ("pbkdf2", r"pbkdf2[_:-]sha(?:1|256|512)[$:]\d{3,8}[$:][\w+/=.]{4,64}[$:][\w+/=.-]{20,128}"),
    ("$krb5", r"\$krb5(?:tgs|asrep|pa)\$[\w$*.@/:-]{30,4000}"),
)

_NEAR_AWS = words(
    (
        *("aws", "amazon", "secret", "secret_?access_?key", "aws_?secret_?access_?key", "aws_?secret_?key"),
        *("secretaccesskey", "AKIA[A-Z0-9]{16}", "ASIA[A-Z0-9]{16}"),
    )
)
_NEAR_TOKEN = words(
    (
        *("azure", "devops", "ado", "vso", "pat", "ado_pat", "personal_?access_?token", "token", "okta", "ssws"),
        *("api_?key", "auth", "authorization", "bearer", "secret", "key", "unseal", "vault", "kagi", "postmark"),
        *("dynatrace", "heroku", "cloudflare", "datadog", "discord", "jenkins", "sonar", "twilio", "facebook", "fb"),
        *("codeclimate", "cc_?test_?reporter_?id", "particle", "nasa", "algolia", "mailgun", "zendesk", "cohere"),
        *("mistral", "together", "elevenlabs", "deepgram", "pinecone", "newrelic", "sendbird"),
    )
)
_NEAR_UUID = words(
    (
        *("api_?key", "access_?key", "license_?key", "_authtoken", "auth_?token", "servertoken", "secret"),
        *("client_?secret", "heroku", "postmark"),
    )
)
_RANDOM = 3.8  # bits per character of two dozen letters and digits by chance


def _both_cases(value: str) -> bool:
    return _mixed(value) and any(c.isupper() for c in value) and any(c.islower() for c in value)


def _random_tail(value: str) -> bool:
    return _mixed(value) and any(c.isupper() for c in value) and entropy(value.rpartition("_")[2]) >= _RANDOM


def _key(
    expression: str,
    entity_type: str = "API_KEY",
    *,
    score: float = 0.95,
    group: int = 0,
    check: Callable[[str], bool] | None = _genuine,
    literals: tuple[str, ...] = (),
    near: re.Pattern[str] | None = None,
    reach: int = 60,
    within: Within = "runs",
) -> Rule:
    pattern = re.compile(expression)
    return Rule("provider_keys", entity_type, pattern, score, group, check, literals, near, reach, within)


_AWS = (
    _key(
        rf"{_B}(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{{16}}{_E}",
        "AWS_ACCESS_KEY",
        literals=("akia", "asia", "abia", "acca", "a3t"),
    ),
    _key(
        r"(?<![A-Za-z0-9+/=.])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=.])",
        "AWS_ACCESS_KEY",
        score=0.9,
        check=_both_cases,
        near=_NEAR_AWS,
        reach=90,
    ),
)
# No telling format: a word beside them says what they are.
_NEARBY = (
    _key(
        rf"{_B}(?:[a-z2-7]{{52}}|00[\w-]{{40}}|[0-9a-f]{{32}}|[0-9a-f]{{40}}|[0-9a-f]{{64}}|[A-Za-z0-9]{{40}})(?![\w-])",
        score=0.8,
        check=_mixed,
        near=_NEAR_TOKEN,
        reach=40,
    ),
    _key(
        rf"(?i)(?<![A-Za-z0-9/])[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}{_E}",
        score=0.8,
        check=lambda value: len(set(value)) > 6,
        near=_NEAR_UUID,
        reach=32,
    ),
    # A vendor that nobody listed: a short prefix, an underscore, a long random part.
    _key(
        rf"{_B}[a-z]{{2,8}}_(?:[a-z]{{2,6}}_)?[A-Za-z0-9]{{24,120}}(?![\w-])",
        "SECRET",
        score=0.7,
        check=_random_tail,
        literals=("_",),
    ),
    _key(
        r"(?i)\bunseal(?: key(?: \d{1,2})?\s?[:=])?\s?([A-Za-z0-9+/]{43,44}=?|[0-9a-f]{64})(?![\w+/=])",
        "SECRET",
        score=0.9,
        group=1,
        check=None,
        literals=("unseal",),
    ),
    _key(
        r"(?i)\bBearer\s{1,4}([\w.~+/=-]{20,2000})",
        score=0.85,
        group=1,
        check=_mixed,
        literals=("bearer",),
        within="text",
    ),
    _key(
        r"(?i)\bBasic\s{1,4}([A-Za-z0-9+/]{12,400}={0,2})",
        score=0.85,
        group=1,
        check=_mixed,
        literals=("authorization",),
        within="text",
    ),
)

_RULES = (
    *(_key(f"{_B}{text}{_E}", literals=(prefix,)) for prefix, text in _PREFIXED),
    *(_key(text, "SECRET", score=0.9, check=None, literals=(prefix,)) for prefix, text in _HASHES),
    *_AWS,
    *_NEARBY,
)


def find(source: Source) -> Iterator[Finding]:
    """Every key that a vendor's format gives away."""
    yield from apply_rules(_RULES, source)
