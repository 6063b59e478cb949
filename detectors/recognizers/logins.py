"""Credentials that their place gives away: options of commands, arguments of calls, lines of password files, cookies.

    mysql -uroot -ph4nds0ff   curl -u bob:h4nds0ff   net use … /user:bob h4nds0ff   echo h4nds0ff | sudo -S
    new NetworkCredential("bob", "h4nds0ff")   auth=("bob", "h4nds0ff")   IDENTIFIED BY 'h4nds0ff'
    machine h login bob password h4nds0ff   h:5432:db:bob:h4nds0ff   Cookie: JSESSIONID=…

A user's name that stands beside a password is reported too: together they open the door.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.gate.gate import Group, gated
from detectors.recognizers.assigned import assigned
from detectors.recognizers.placeholders import is_code, is_placeholder
from detectors.recognizers.source import Source

_V = r"(?P<q>[\"']?)(?P<password>[^\s\"'<>`]{3,64})(?P=q)(?![^\s\"'`;|&)<])"
_ARGUMENTS = r"[^\n|;&]{0,160}?[ \t]"


def _command(commands: str, option: str) -> str:
    return rf"\b(?:{commands})(?:\.exe)?\b{_ARGUMENTS}{option}{_V}"


# (a literal that must occur in lower case, the expression)
_PLACES = tuple(
    (literals, gated(re.compile(expression)))
    for literals, expression in (
        (("mysql", "mariadb"), _command(r"(?i:mysql\w{0,8}|mariadb\w{0,8})", "-p")),
        (("sshpass",), _command("sshpass", "-p ?")),
        (("mongo",), _command(r"mongo(?:sh|dump|restore|import|export)?", "(?:-p|--password)[ =]?")),
        (("net user",), rf"(?i)\bnet user[ \t]{{1,4}}[\w.$-]{{1,40}}[ \t]{{1,4}}(?![/*]){_V}"),
        (("schtasks", "psexec", "sc "), rf"(?i)\b(?:schtasks|sc|sc\.exe)\b{_ARGUMENTS}(?:/rp|password=) ?{_V}"),
        (("reg add",), (
            rf"(?i)\breg add\b[^\n]{{0,160}}/v[ \t]{{1,4}}\w{{0,20}}password\b[^\n]{{0,60}}/d[ \t]{{1,4}}{_V}")),
        (("rabbitmqctl",), rf"\brabbitmqctl (?:add_user|change_password)[ \t]{{1,4}}\S{{1,40}}[ \t]{{1,4}}{_V}"),
        (("sp_addlogin", "sp_password"), (
            r"(?i)\bsp_(?:addlogin|password)\s{1,4}N?'[^'\n]{1,60}',\s{0,4}N?(?P<q>')(?P<password>[^'\n]{4,64})(?P=q)")),
        (("tochararray",), r"(?P<q>\")(?P<password>[^\"\n\s]{4,64})(?P=q)\.toCharArray\(\)"),
        (("cred",), (
            r"(?i)(?<![^\W_])cred(?:ential)?s?[\"']?\s?[:=]\s?(?P<q>[\"'])(?P<user>[\w.@-]{2,40}):"
            r"(?P<password>[^\s\"':/]{5,64})(?P=q)")),
        (("auth ",), (
            r"(?m)^(?:redis>[ \t])?AUTH[ \t](?:\w{1,20}[ \t])?(?P<q>[\"']?)"
            r"(?P<password>(?=\D{0,60}\d)[^\s\"']{8,128})(?P=q)$")),
        (("notarytool", "altool", "app-specific"), (
            r"(?<!\S)(?:--password|-p|app-specific password:?)[ =](?P<q>[\"']?)"
            r"(?P<password>[a-z]{4}(?:-[a-z]{4}){3})(?P=q)")),
        (("psexec",), _command(r"(?i:psexec(?:64)?)", "-p ")),
        (("docker", "podman", "helm", "oc ", "az ", "skopeo"), _command(
            r"(?:docker|podman|helm registry|oc|az|skopeo) login", "(?:-p|--password)[ =]")),
        (("redis-cli",), _command("redis-cli", "-a ")),
        (("ldap",), _command(r"ldap(?:search|modify|add|delete|passwd|whoami)", "-w ")),
        (("zip",), _command("unzip|zip", "-P ?")),
        (("7z",), _command("7z[ar]?", "-p")),
        (("sqlcmd", "bcp", "osql", "isql"), _command("sqlcmd|bcp|osql|isql", "-P ?")),
        (("smbclient", "rpcclient", "winexe", "crackmapexec"), (
            rf"\b(?:smbclient|rpcclient|winexe)\b{_ARGUMENTS}-U ?[\"']?[\w.\\/-]{{1,40}}%{_V}")),
        (("curl", "http", "wget"), (
            r"\b(?:curl|httpie|https?)\b[^\n|;]{0,300}?[ \t](?:-u|--user|-a|--auth)[ =]?(?P<q>[\"']?)"
            r"(?P<user>[^\s:\"'<>$]{1,64}):(?!//)(?P<password>[^\s\"'<>`\\]{3,64})(?P=q)(?!\S)")),
        (("openssl",), rf"\bopenssl\b{_ARGUMENTS}-k {_V}"),
        (("snmp",), rf"\bsnmp\w{{2,12}}\b{_ARGUMENTS}-[AX] {_V}"),
        (("snmp",), rf"\bsnmp\w{{2,12}}\b{_ARGUMENTS}-X {_V}"),
        (("jdbc:oracle",), (
            r"\bjdbc:oracle:\w{3,6}:(?P<user>[\w$#.-]{1,40})/(?P<q>)(?P<password>[^\s\"'@<>/{}]{3,64})(?=@)")),
        (("sqlplus", "impdp", "expdp", "sqlldr", "rman"), (
            r"\b(?:sqlplus|impdp|expdp|sqlldr|rman)\b(?: -\w+){0,3} (?:target )?(?P<user>[\w$#.-]{1,40})/(?P<q>)"
            r"(?P<password>[^\s\"'@<>/{}]{3,64})(?=@|\s|$)")),
        (("net use",), rf"(?i)\bnet use\b[^\n|;]{{0,160}}?/user:\S{{1,60}} {_V}"),
        (("net use",), rf"(?i)\bnet use \S{{2,80}} {_V}(?= /user:)"),
        (("htpasswd",), rf"\bhtpasswd\b(?: -\w+){{0,4}} -?b\w? \S{{1,60}} \S{{1,60}} {_V}"),
        (("sudo",), rf"\becho (?:-\w )?{_V} ?\| ?sudo\b"),
        (("--password-stdin", "--with-token"), (
            rf"\becho (?:-\w )?{_V} ?\|[^\n|;&]{{1,80}}--(?:password-stdin|with-token)")),
        (("authtoken",), rf"\bngrok (?:config )?(?:add-)?authtoken {_V}"),
        (("jwt",), (
            r"(?i)\bjwt\.(?:encode|decode|sign|verify)\s?\(\s{0,20}[^,\n]{1,80},\s{0,20}"
            r"(?P<q>[\"'])(?P<password>[^\"'\n\s]{8,200})(?P=q)\s{0,9}[),]")),
        (("psk",), r": PSK (?P<q>\")(?P<password>[^\"\n]{6,128})(?P=q)"),
        (("chpasswd",), (
            r"\becho (?:-\w )?(?P<q>[\"']?)[\w.-]{1,40}:(?P<password>[^\s\"'<>`]{3,64})(?P=q) ?\| ?"
            r"(?:sudo )?chpasswd")),
        (("requirepass", "masterauth"), rf"(?m)^[ \t]{{0,8}}(?:requirepass|masterauth)[ \t]{{1,4}}{_V}"),
        (("identified",), (
            r"(?:\bIDENTIFIED|(?i:\b(?:user|role)\s[^;\n]{1,80}\sidentified))\s(?i:with\s\w{1,30}\s)?(?i:by)\s"
            r"(?P<q>['\"])(?P<password>[^'\"\n]{3,64})(?P=q)")),
        (("securestring",), rf"(?i)ConvertTo-SecureString\s(?:-String\s)?{_V}"),
        (("credential", "directoryentry", "getconnection", "_connect", "auth", "login", "connect", "pdo("), (
            r"(?:[Nn]etworkCredential|PSCredential|UsernamePasswordCredential|getConnection|mysqli?_connect|pg_connect|"
            r"mysqli|PDO|PlainAuth|CRAMMD5Auth|(?:HTTP)?(?:Basic|Digest)Auth|PasswordAuthentication|DirectoryEntry|LdapConnection|basic_?[Aa]uth|"
            r"auth\s?[=:]|\.login|(?:\.|->|::)connect|SetBasicAuth|setBasicAuth|withBasicAuth|NewBasicAuth)\s?[(\[]\s{0,20}"
            r"(?:[^\"'()\n]{0,60},\s?)?(?:[\"'][^\"'\n]{0,80}[\"'],\s{0,30})?"
            r"(?P<uq>[\"'])(?P<user>[^\"'\n]{1,60})(?P=uq),\s{0,30}"
            r"(?P<q>[\"'])(?P<password>[^\"'\n]{3,64})(?P=q)\s{0,9}[)\],]")),
        (("machine", "login"), (
            r"\blogin\s{1,8}(?P<user>[^\s\"']{1,64})\s{1,8}password\s{1,8}(?P<q>)(?P<password>[^\s\"']{3,128})")),
        ((":",), (
            r"(?m)^[\w.*-]{1,80}:(?:\d{2,5}|\*):[\w.*-]{1,60}:(?P<user>[\w.*@-]{1,60}):(?P<q>)(?P<password>[^\s:/]{6,64})$")),
        (("login", "credential", "user"), (
            r"(?i)(?<![\w/@])(?:logins?|credentials?|user(?:name)?(?: ?/ ?pass(?:word)?)?)"
            r"(?:\s?[:=]|\s(?:is|are))\s?(?P<q>[\"']?)"
            r"(?P<user>[\w.@-]{2,40}) ?/ ?(?P<password>[^\s\"'/,;]{5,40})(?P=q)(?![^\s,;.])")),
    )
)  # fmt: skip
_GROUP = Group(expression for _, expression in _PLACES)
# Sessions of a browser or a server: who has one is logged in.
_COOKIES = gated(
    re.compile(
        r"(?i)(?<![\w-])(?:j?session_?id|phpsessid|asp\.net_sessionid|aspsessionid\w{0,12}|connect\.sid|laravel_session|"
        r"_?[a-z]{0,20}_session|sessid|session|sid|remember_(?:me|token|user_token)|auth_?token|csrftoken|xsrf-token|"
        r"__host-[\w-]{1,30}|__secure-[\w-]{1,40})=(?P<value>[\w%.:+/-]{16,1200}=?=?)(?![\w%])"
    )
)
# A session with such a name, or with anything but a UUID, which may be a number in a log.
_FRAMEWORK = re.compile(r"(?i)jsession_?id|phpsessid|asp|laravel|_[a-z]")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COOKIE_HEADER = re.compile(r"(?i)\bcookies?\b")
_USER_NAME = gated(
    re.compile(
        r"(?i)(?<![^\W_])(?:user(?:[ _-]?(?:name|id))?|uid|login|(?:db|smtp|ftp|mail)[_-]?user|account_?name)(?![^\W_])"
    )
)
_PASSWORD_BESIDE = re.compile(r"(?i)pass(?:word|wd|phrase)?(?![a-z])|(?<![a-z])pwd|(?<![^\W_])p(?= )|account_?key")
_BESIDE = 160
_USER_OPTION = gated(
    re.compile(
        r"(?i)\s--?u(?:ser(?:name)?)?[ =](?P<q>[\"']?)(?P<user>[\w.@\\-]{3,64})(?P=q)\s{1,4}"
        r"--?p(?:w|ass|asswd|assword)?[ =]|"
        r"\bAccountName\s?=\s?(?P<account>[\w-]{3,64})\s?;\s{0,4}AccountKey\s?="
    )
)
_NOBODY = frozenset(
    {
        "root",
        "admin",
        "user",
        "username",
        "postgres",
        "sa",
        "test",
        "guest",
        "anonymous",
        "administrator",
        "name",
        "apache",
        "nginx",
        "www-data",
        "nobody",
        "mysql",
        "oracle",
        "ubuntu",
        "ec2-user",
        "ftp",
        "git",
        "jenkins",
        "nagios",
    }
)
_TELLING = re.compile(r"[\d\W_]|[a-z][A-Z]")


def find(source: Source) -> Iterator[Finding]:
    """Every credential that its place gives away, and the user names beside passwords."""
    text, lower = source.text, source.lower
    for literals, expression in map(_PLACES.__getitem__, _GROUP.possible(source.places)):
        if any(literal in lower for literal in literals):
            yield from _placed(source, expression)
    if "cookie" in lower or "sess" in lower:
        for match in source.matches(_COOKIES):
            line = text.rfind("\n", 0, match.start()) + 1
            named = _FRAMEWORK.match(match[0]) is not None or not _UUID.fullmatch(match["value"])
            named = named and "sess" in match[0][:20].lower()
            if (named or _COOKIE_HEADER.search(text, line, match.start())) and _varied(match["value"]):
                yield Finding(*match.span("value"), "SECRET", 0.85, "logins")
    if " -u" in lower or " --u" in lower or "accountname" in lower:
        for match in source.matches(_USER_OPTION):
            user = match.lastgroup if match.lastgroup in {"user", "account"} else "user"
            if match[user].lower() not in _NOBODY and not is_placeholder(match[user]):
                yield Finding(*match.span(user), "USERNAME", 0.7, "logins")
    if "pass" in lower or "pwd" in lower:
        yield from _users(source)


def _placed(source: Source, expression: re.Pattern[str]) -> Iterator[Finding]:
    for match in source.matches(expression):
        password = match["password"]
        quoted = bool(match["q"])
        if is_placeholder(password) or (not quoted and is_code(password)) or not _strong(password, quoted=quoted):
            continue
        yield Finding(*match.span("password"), "PASSWORD", 0.85, "logins")
        user = match.groupdict().get("user")
        if user and user.lower() not in _NOBODY and not is_placeholder(user) and not is_code(user):
            yield Finding(*match.span("user"), "USERNAME", 0.75, "logins")


def _users(source: Source) -> Iterator[Finding]:
    text = source.text
    for name in source.matches(_USER_NAME):
        given = assigned(text, name.start(), name.end())
        if given is None or given.listed or given.stop - given.start > 64 or text[given.start - 1] == ":":
            continue
        value = text[given.start : given.stop]
        if value.lower() in _NOBODY or is_placeholder(value) or is_code(value) or " " in value or len(value) < 3:
            continue
        around = f"{text[max(0, name.start() - _BESIDE) : name.start()]}\n{text[given.stop : given.stop + _BESIDE]}"
        if _PASSWORD_BESIDE.search(around) and (given.quoted or given.tight or _TELLING.search(value)):
            yield Finding(given.start, given.stop, "USERNAME", 0.7, "logins")


def _strong(password: str, *, quoted: bool) -> bool:
    if quoted:
        return len(password) >= 4
    return _TELLING.search(password) is not None or len(password) >= 6


def _varied(value: str) -> bool:
    return len(set(value)) >= 8 and any(character.isdigit() for character in value) and not is_placeholder(value)
