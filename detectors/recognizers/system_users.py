r"""Whose account: the user names that paths, prompts, listings and commands hold.

    /home/anovak/src · C:\Users\anovak · ana@build-7:~$ · -rw-r--r-- 1 anovak staff · ssh ana@build-7 · CORP\anovak

Accounts of services, images and nobody (`/home/runner`, `C:\Users\Public`) are none. No default policy acts on the
type: an agent's requests hold the path of its folder dozens of times, and the model has to write it in each tool call.
"""

import re
from collections.abc import Iterator

from detectors.finding import Finding
from detectors.recognizers.placeholders import is_placeholder
from detectors.recognizers.rule import words
from detectors.recognizers.source import Source

_SEPARATOR = r"(?:[\\/]|%2[Ff]|%5[Cc]){1,4}"
_ACCOUNT = r"[A-Za-z][\w.-]{0,30}(?<=[A-Za-z0-9])"
_PATH = re.compile(
    r"(?:(?<![\w.-])(?:/(?:(?:export|usr|var|data|nfs)/)?home/|/(?:mnt/|cygdrive/)?(?:[a-z]/)?Users/|"
    r"/var/(?:spool/)?mail/)|"
    rf"(?<![A-Za-z])[A-Za-z]:{_SEPARATOR}(?:Users|Documents and Settings|Benutzer|Utilisateurs|Usuarios){_SEPARATOR}|"
    r"%2F(?:home|Users)%2F|\\\\[\w.-]{2,40}\\{1,2}(?:home|users|profiles)\$?\\{1,2})"
    rf"(?P<user>(?:[A-Za-z][\w.'-]{{1,20}} [A-Z][\w.'-]{{1,20}}(?=[\\/])|{_ACCOUNT}))(?![\w@<>{{}}$*])"
)
_TILDE = re.compile(r"(?<![\w~/])~(?P<user>[a-z][\w.-]{2,30})/")
# ana@build-7:~/src$ · [ana@build-7 src]$ · (venv) ana@build-7 ~ %
PROMPT = re.compile(
    rf"(?m)^[ \t]{{0,4}}(?:\([\w./-]{{1,30}}\) )?\[?(?P<user>{_ACCOUNT})@(?P<host>[A-Za-z0-9][\w.-]{{1,60}})"
    r"(?:[: ][^\s$#%>\]]{0,120})?\]?(?: ?git:\S{1,40}|\([\w/.-]{1,40}\))? ?[$#%>](?=\s|$)"
)
REMOTE = re.compile(
    rf"\b(?:ssh|scp|sftp|rsync|mosh)\b[^\n|"
    rf";&]{{0,120}}?[ \t](?P<user>{_ACCOUNT})@(?P<host>[A-Za-z0-9][\w.-]{{1,60}})(?![\w@])"
)
_LISTED = re.compile(
    r"(?m)^[ \t]{0,8}[-dlbcps](?:[-r][-w][-xsStT]){3}[.+@]?[ \t]{1,8}\d{1,6}[ \t]{1,8}"
    rf"(?P<user>{_ACCOUNT})[ \t]{{1,20}}[\w.-]{{1,32}}[ \t]{{1,20}}\d"
)
_PROCESS = re.compile(
    rf"(?m)^(?P<user>{_ACCOUNT})[ \t]{{1,12}}\d{{1,7}}[ \t]{{1,8}}\d{{1,3}}\.\d[ \t]{{1,8}}\d{{1,3}}\.\d[ \t]{{1,8}}\d"
)
_NUMBERED = re.compile(rf"\b(?:uid|gid|euid)=\d{{1,6}}\((?P<user>{_ACCOUNT})\)")
_COMMAND = re.compile(
    r"\b(?:sudo -u|su -l|su -|runuser -u|chown(?: -R)?|passwd|usermod(?: -\w{1,3} \S{1,30}){0,3}|"
    r"useradd(?: -\w{1,3}){0,3})"
    rf"[ \t]{{1,4}}(?P<user>{_ACCOUNT})(?=[\s:;&|]|$)"
)
_VARIABLE = re.compile(rf"(?<![\w.$])(?:USER|LOGNAME|USERNAME|SUDO_USER)=[\"']?(?P<user>{_ACCOUNT})(?![\w@(.$\[-])")
_DOMAIN = re.compile(r"(?<![\w\\/.-])(?P<domain>[A-Z][A-Z0-9-]{1,14})\\{1,2}(?P<user>[a-z][\w.-]{2,24})(?![\w\\(])")
_DOMAIN_NAMED = words(
    ("user(?:name)?s?", "accounts?", "log(?:ged)?[ -]?(?:in|on)", "domain", "ad", "active directory", "whoami", "runas",
     "owner", "identity", "principal", "by", "as", "benutzer", "utilisateur", "usuario", "utente", "/user")
)  # fmt: skip
_NOT_DOMAINS = frozenset({"NT", "BUILTIN", "IIS", "NULL"})
# Accounts of services, images and examples; `test2` and `user01` are the same with a number.
_NOBODY = frozenset(
    """
    root runner runneradmin ubuntu debian centos fedora rocky almalinux alpine arch kali pi core ec2-user opc azureuser
    cloudshell-user cloud-user cloud vagrant docker admin administrator administrador administrateur user users username
    user-name user_name your-user your_user your-username your_username yourusername yourname your-name your_name myuser
    myname me you name node app apps application web www www-data wwwroot nginx apache httpd http tomcat jetty daemon
    bin sys sync games man lp mail news uucp proxy backup list irc gnats nobody nogroup systemd-network sshd git github
    gitlab gitlab-runner gitea svn hg jenkins circleci travis ci cd build builder buildkite-agent buildbot teamcity vsts
    vssadministrator deploy deployer deployment ansible terraform packer puppet chef salt postgres postgresql mysql
    mariadb mongodb redis elasticsearch kafka zookeeper hadoop hdfs spark airflow oracle ora sap db2inst1 rabbitmq
    grafana prometheus consul vault nomad jovyan rstudio coder code codespace codespaces vscode gitpod devcontainer dev
    devs developer developers development prod production staging stage qa guest guests public default all shared share
    common demo example sample test tester testing tests testuser foo bar baz foobar qux john-doe sandbox sandboxuser
    agent agents claude cursor copilot codex openai assistant bot robot service services svc system local localuser
    steam deck homebrew linuxbrew brew nix nixbld homeassistant hass plex media pihole octopi odroid container
    containeradministrator containeruser defaultappool defaultuser0 wdagutilityaccount networkservice localservice wheel
    staff adm sudo ssh ftp ftpuser sftp samba smb nfs home lost+found src project projects workspace work repo repos
    data tmp temp opt lib library applications desktop documents downloads pictures music videos config etc var none
    null undefined true false the and for with from this that here there where when which what who whoami env self super
    index
    """.split()  # noqa: SIM905 - a table of words is read more easily than a list of strings
)
_NUMBERS_BEHIND = re.compile(r"[\d_.-]+$")
_PLACES = (
    "/home/",
    "users",
    "/mail/",
    "%2f",
    "documents and settings",
    "benutzer",
    "utilisateurs",
    "usuarios",
    "\\home",
)
_COMMANDS = ("sudo -u", "su -", "chown ", "useradd ", "usermod ", "passwd ", "runuser ")


def find(source: Source) -> Iterator[Finding]:
    """Every account of a person."""
    text, lower = source.text, source.lower
    for pattern, possible in (
        (_PATH, any(sign in lower for sign in _PLACES)),
        (_TILDE, "~" in text),
        (PROMPT, "@" in text and any(sign in text for sign in "$#%>")),
        (REMOTE, "@" in text and any(sign in lower for sign in ("ssh ", "scp ", "sftp ", "rsync ", "mosh "))),
        (_LISTED, "rw" in text or "r-" in text),
        (_PROCESS, "pid" in lower),
        (_NUMBERED, "id=" in lower),
        (_COMMAND, any(sign in lower for sign in _COMMANDS)),
        (_VARIABLE, "USER" in text or "LOGNAME" in text),
    ):
        if possible:
            for match in pattern.finditer(text):
                if _is_somebodys(match["user"]):
                    yield Finding(*match.span("user"), "SYSTEM_USERNAME", 0.8, "system_users")
    if "\\" in text:
        for match in _DOMAIN.finditer(text):
            named = _DOMAIN_NAMED.search(source.before(match.start(), 40)) and match["domain"] not in _NOT_DOMAINS
            if named and _is_somebodys(match["user"]):
                yield Finding(*match.span("user"), "SYSTEM_USERNAME", 0.75, "system_users")


def _is_somebodys(name: str) -> bool:
    plain = name.lower()
    if plain in _NOBODY or _NUMBERS_BEHIND.sub("", plain) in _NOBODY or is_placeholder(name) or len(name) < 2:
        return False
    return not plain.endswith((".local", ".md", ".txt", ".sh", ".py", ".json"))
