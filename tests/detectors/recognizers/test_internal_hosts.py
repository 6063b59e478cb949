"""The names of internal hosts; and names that everybody's documents and programs have."""

import pytest

from detectors.recognizers.internal_hosts import find


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("curl http://billing.acme.internal:8080/x", "billing.acme.internal"),
        ("ping printsrv.acme.local", "printsrv.acme.local"),
        ("https://wiki.corp.acme.com/page", "wiki.corp.acme.com"),
        ("https://jira.acme.de/browse/X-1", "jira.acme.de"),
        ("see http://intranet/x and http://intranet.acme.fr/", "intranet.acme.fr"),
        ("billing.payments.svc.cluster.local:8080", "billing.payments.svc.cluster.local"),
        ("ip-10-0-1-23.eu-west-1.compute.internal", "ip-10-0-1-23.eu-west-1.compute.internal"),
        ("the server files.lan is down", "files.lan"),
        ("DB-PROD-01 is down", "DB-PROD-01"),
        ("restart prod-web-12 now", "prod-web-12"),
        ("server app01 doesn't answer", "app01"),
        ("on DESKTOP-8F2K3LM", "DESKTOP-8F2K3LM"),
        (r"\\files02\hr\list.xlsx", "files02"),
        (r"open \\\\nas-berlin\\team\\a", "nas-berlin"),  # as JSON writes it
        ("anovak@build-7:~$ ls", "build-7"),
        ("scp a.txt anovak@db-3:/x", "db-3"),
    ],
)
def test_positives(found, text, host):
    assert (host, "INTERNAL_HOST") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080 and http://127.0.0.1/",
        "host.docker.internal, metadata.google.internal, kubernetes.default.svc.cluster.local",
        "https://wiki.example.com https://jira.example.org",
        "https://wiki.debian.org https://vault.hashicorp.com https://jira.atlassian.com",
        "threading.local() self.internal com.acme.internal.Foo settings.local config.local",
        "my-service.default.svc.cluster.local and service.internal",
        "COVID-19, UTF-16, SHA-256, RFC-2616, ISO-8859-1, WEB-2, TEST-1",
        r"\\section\\begin \\d\\w",
        "https://github.com/acme https://docs.python.org",
        "root@3f2a9b8c7d6e:/# ls and anovak@localhost:~$ ls",
        "printer.local",
        "git.sh and jenkins.yaml",
        "we host 12 events and serve 20 dishes",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []
