r"""Which machine: the names of internal hosts.

    wiki.corp.acme.com · db-prod-01 · billing.payments.svc.cluster.local · \\files02\hr · ana@build-7:~$

A name is internal by its ending (`.internal`, `.corp`, `.lan`, a cluster's), by what serves there (`jira.`, `vpn.`), as
a machine's in the manner of data centres, or where only such a name can stand (a prompt, a share). Names that
documentation, tools and everybody's phones have (`example.com`, `host.docker.internal`, `printer.local`) are none, and
neither are a program's (`threading.local`).
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import gated
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source
from detectors.recognizers.system_users import PROMPT, REMOTE

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,40}[A-Za-z0-9])?"
# Endings that only a network of one's own knows: reserved for that (RFC 6762, RFC 8375, ICANN's .internal), or usual.
_ENDINGS = (".internal", ".corp", ".local", ".lan", ".intra", "home.arpa", ".svc")
_INSIDE = gated(
    re.compile(
        rf"(?<![\w.@$%-])(?P<host>(?:{_LABEL}\.){{1,6}}"
        r"(?i:internal|corp|local|lan|intra|intranet|localdomain|home\.arpa|svc))(?![\w(-]|\.\w)"
    )
)
_SERVICE = gated(
    re.compile(
        r"(?<![\w.@$%-])(?P<host>(?i:intranet|jira|confluence|wiki|gitlab|git|bitbucket|jenkins|nexus|artifactory|sonar|"
        r"sonarqube|grafana|kibana|prometheus|vault|vpn|sharepoint|ldap|adfs|owa|exchange|sso|argocd|rancher|harbor|splunk|"
        r"servicedesk|helpdesk|payroll|erp|crm|sap|citrix|rdp|bastion|jumphost|staging|uat|qa|preprod|internal|intra|corp)"
        rf"(?:\.{_LABEL}){{1,4}}\.(?i:[a-z]{{2,12}}))(?![\w(-]|\.\w)"
    )
)
_SERVICES = tuple(
    f"{name}."
    for name in (
        *("intranet", "jira", "confluence", "wiki", "gitlab", "git", "bitbucket", "jenkins", "nexus", "artifactory"),
        *("sonar", "sonarqube", "grafana", "kibana", "prometheus", "vault", "vpn", "sharepoint", "ldap", "adfs", "owa"),
        *("exchange", "sso", "argocd", "rancher", "harbor", "splunk", "servicedesk", "helpdesk", "payroll", "erp"),
        *("crm", "sap", "citrix", "rdp", "bastion", "jumphost", "staging", "uat", "qa", "preprod", "internal"),
        *("intra", "corp"),
    )
)
_AS_URL = re.compile(r"(?:https?|ssh|ldaps?|wss?|s?ftp|git|rdp|smb|tcp|grpc)://(?:[^\s/@]{1,64}@)?$")
_AS_ADDRESS = re.compile(r":\d{2,5}\b|/")
_NAMED = words(
    ("hosts?", "hostname", "servers?", "machines?", "nodes?", "ssh", "scp", "ping", "rdp", "dns", "nslookup", "dig",
     "connect(?:ed|ion|ing)?", "curl", "wget", "traceroute", "telnet", "resolve[ds]?", "reach(?:able)?", "url",
     "endpoint", "vm", "workstation", "laptop", "computer", "deployed", "rechner", "serveur", "servidor", "cluster")
)  # fmt: skip
_UNC = gated(
    re.compile(
        r"(?<![\\\w:])\\{2,4}(?P<host>[A-Za-z][A-Za-z0-9-]{2,30}(?:\.[A-Za-z][\w.-]{1,60})?)\\{1,2}[\w$][\w$ .-]{1,60}"
    )
)
_UNC_TELLING = re.compile(r"(?i)\d|-|\.|^(?:file|fs|nas|srv|server|dc|share|print|backup)")
_ROLE = (
    "db|sql|mssql|mysql|pg|postgres|oracle|mongo|redis|kafka|elastic|srv|svr|server|host|web|www|app|api|dc|ad|fs|file|"
    "nas|san|print|prt|exch|mail|smtp|vpn|fw|rtr|switch|router|esx|esxi|vm|hv|bkp|backup|proxy|lb|gw|gateway|jump|"
    "bastion|k8s|kube|worker|node|master|build|ci|jenkins|git|mon|rds|ctx|citrix|sap|erp|crm|etl|dwh|wks|nb|desktop|"
    "laptop"
)
_STAGE = "prod|prd|dev|uat|stg|stage|staging|test|tst|qa|int|preprod|dr|live|dmz"
_BEGIN, _STOP = r"(?<![\w.@/=-])", r"(?![\w-]|\.\w)"
_MACHINE = gated(
    re.compile(
        rf"{_BEGIN}(?P<host>(?:[A-Za-z]{{2,12}}-){{0,2}}(?:(?i:{_ROLE})\d{{0,3}}-(?:[A-Za-z]{{2,8}}-)?(?i:{_STAGE})|"
        rf"(?i:{_STAGE})-(?:[A-Za-z]{{2,8}}-)?(?i:{_ROLE}))(?:-[A-Za-z]{{1,8}})?-?\d{{1,4}}){_STOP}"
    )
)
_PLAIN_MACHINE = gated(
    re.compile(rf"{_BEGIN}(?P<host>(?:[A-Za-z]{{2,12}}-){{0,2}}(?i:{_ROLE})(?:-[A-Za-z]{{2,10}})?-?\d{{2,4}}){_STOP}")
)
_WINDOWS = gated(re.compile(rf"{_BEGIN}(?P<host>(?:DESKTOP|LAPTOP|WIN)-(?=[A-Z]{{0,10}}\d)[A-Z0-9]{{7,11}}){_STOP}"))
_EVERYBODYS = re.compile(
    r"(?i)(?:[\w-]{1,63}\.){0,3}(?:docker|google|containers|k3d|minikube|orb|kind)\.(?:internal|local)|"
    r"kubernetes(?:\.default)?(?:\.svc)?(?:\.cluster\.local)?|(?:svc\.)?cluster\.local|localhost(?:\.[\w.-]{1,80})?|"
    r"(?:my|your|some|the|foo|bar|example|sample|test|service|svc|name|app|host|hostname|server|default)[\w-]{0,12}\."
    r"(?:[\w-]{1,63}\.)?(?:svc(?:\.cluster\.local)?|internal|local|corp|lan|intra)|"
    r"(?:raspberrypi|homeassistant|octopi|printer|router|fritz|hassio|esphome|umbrel|nas|pi|mac|macbook)\.(?:local|lan)|"
    r"(?:[\w-]{1,63}\.){0,4}(?:example\.(?:com|org|net)|(?:domain|yourdomain|yourcompany|mydomain|mycompany)\.\w+)|"
    r"(?:env|config|settings|application|docker-compose|compose|values|threading|asyncio|self|this|site|conf|bashrc|"
    r"zshrc|gitignore)\.\w+"
)
# Files, and services that everybody uses: `vault.hashicorp.com`, `wiki.debian.org`, `git.sh`.
_PUBLIC = re.compile(
    r"(?i)[\w.-]{1,200}\.(?:org|edu|gov|mil|int|dev|app|md|py|[jt]sx?|json|ya?ml|html?|css|txt|sh|rs|go|java|rb|php|xml|toml|"
    r"cfg|ini|sql|log)|[\w-]{1,63}\.(?:io|ai|com)|"
    r"(?:[\w-]{1,63}\.){0,3}(?:atlassian|github|gitlab|bitbucket|google|microsoft|azure|amazonaws|amazon|office365|office|"
    r"sharepoint|salesforce|oracle|hashicorp|grafana|elastic|jenkins|jfrog|sonatype|docker|kubernetes|openai|anthropic|"
    r"wikipedia|fandom|python|nodejs|npmjs|debian|ubuntu|cloudflare|heroku|vercel|netlify|fastly|stripe|okta|auth0|"
    r"onelogin|splunk|zendesk|hubspot|sap|ibm|redhat|suse|vmware|citrix)\.(?:com|net|io|co|cloud|tech|de|site)"
)
# What a prompt calls a machine that is everybody's, or a container's number.
_NO_NAME = re.compile(r"localhost|[0-9a-f]{12}|\d[\w.-]{0,80}", re.IGNORECASE)
_URL_BEFORE, _NAMED_BEFORE, _CLOSE = 80, 40, 24


def find(source: Source) -> Iterator[Finding]:
    """Every internal host that a text names."""
    for match, score in _matches(source):
        yield Finding(*match.span("host"), "INTERNAL_HOST", score, "internal_hosts")


def _matches(source: Source) -> Iterator[tuple[re.Match[str], float]]:
    text, lower = source.text, source.lower
    if any(sign in lower for sign in _ENDINGS):
        for match in source.matches(_INSIDE):
            if not _EVERYBODYS.fullmatch(match["host"]) and _is_host(source, match):
                yield match, 0.75
    if any(sign in lower for sign in _SERVICES):
        for match in source.matches(_SERVICE):
            if not _is_everybodys(match["host"]) and (_is_url(text, match) or _is_named(source, match, _NAMED_BEFORE)):
                yield match, 0.7
    if "\\" in text:
        for match in source.matches(_UNC):
            if _UNC_TELLING.search(match["host"]):
                yield match, 0.75
    if "@" in text and any(sign in text for sign in "$#%>"):
        yield from ((match, 0.7) for match in source.matches(PROMPT) if not _is_everybodys(match["host"]))
    if "@" in text and any(sign in lower for sign in ("ssh ", "scp ", "sftp ", "rsync ", "mosh ")):
        yield from ((match, 0.7) for match in source.matches(REMOTE) if not _is_everybodys(match["host"]))
    if "DESKTOP-" in text or "LAPTOP-" in text or "WIN-" in text:
        yield from ((match, 0.7) for match in source.matches(_WINDOWS))
    for start, end in source.numbers if source.may(_MACHINE) or source.may(_PLAIN_MACHINE) else ():
        yield from ((match, 0.7) for match in source.matches(_MACHINE, start, end))
        for match in source.matches(_PLAIN_MACHINE, start, end):
            if _is_named(source, match, _CLOSE):
                yield match, 0.6


def _is_everybodys(host: str) -> bool:
    return any(pattern.fullmatch(host) for pattern in (_NO_NAME, _EVERYBODYS, _PUBLIC))


def _is_url(text: str, match: re.Match[str]) -> bool:
    return _AS_URL.search(text, max(0, match.start() - _URL_BEFORE), match.start()) is not None


def _is_named(source: Source, match: re.Match[str], reach: int) -> bool:
    return _NAMED.search(source.before(match.start(), reach)) is not None


def _is_host(source: Source, match: re.Match[str]) -> bool:
    """Whether a name that ends so is a machine's: `threading.local` and `com.acme.internal` are a program's."""
    if _is_url(source.text, match) or _AS_ADDRESS.match(source.text, match.end()):
        return True
    labels = match["host"].split(".")
    if len(labels) > 2 and labels[0].lower() not in {"com", "org", "net", "io", "de"}:
        return not labels[0][:1].isupper() or match["host"].isupper()
    telling = any(character.isdigit() or character == "-" for character in labels[0])
    return telling or _is_named(source, match, _NAMED_BEFORE)
