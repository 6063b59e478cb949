"""Whose account: in paths, prompts, listings and commands; and the accounts of nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.recognizers.source import Source
from detectors.recognizers.system_users import find


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("/home/ana.novak/src/app.py", "ana.novak"),
        ("cd /Users/" + "anovak/dev && make", "anovak"),
        (r"C:\Users\anovak\Documents\x.docx", "anovak"),
        (r'"C:\\Users\\anovak\\x"', "anovak"),  # as JSON and code write it
        ("/mnt/c/Users/" + "anovak", "anovak"),
        (r"C:\Users\Ana Novak\Desktop", "Ana Novak"),
        ("file:///home/bnagy/x.txt", "bnagy"),
        (r"\\files02\users$\bnagy", "bnagy"),
        ("open ~anovak/bin/run", "anovak"),
        ("anovak@laptop:~/src$ ls", "anovak"),
        ("[anovak@build-7 src]$ make", "anovak"),
        ("(venv) anovak@build-7 ~ % ls", "anovak"),
        ("-rw-r--r-- 1 anovak staff 4096 Jan  1 00:00 a.txt", "anovak"),
        ("uid=1000(anovak) gid=1000(users)", "anovak"),
        ("ssh -i key anovak@10.2.0.4", "anovak"),
        ("sudo chown -R anovak:staff .", "anovak"),
        ("export USER=anovak", "anovak"),
        (r"user CORP\anovak logged on", "anovak"),
        ("USER PID %CPU %MEM VSZ\nanovak 4211 0.3 1.2 4455", "anovak"),
    ],
)
def test_positives(found, text, user):
    assert (user, "SYSTEM_USERNAME") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "/home/runner/work/app /home/ubuntu/x /home/user1/x /home/node/app",
        "/ro" + "ot/x and /Users/" + "Shared and /Users/" + "runner/x",
        r"C:\Users\Public\x C:\Users\Default\x C:\Users\<you>\x %USERPROFILE%\x",
        "/home/$USER/x /home/{user}/x /home/<name>/x /home/*/x",
        "/api/users/profile and /app/home/index.html and https://x.example/home/news",
        "~/src ~/.ssh/config a~b/c",
        "root@3f2a9b8c7d6e:/app# ls",
        'print("ERROR\\nline")',
        r"HKLM\software and NT\system",
        "drwxr-xr-x 2 root root 4096 Jan 1 00:00 etc",
        "sudo -u postgres psql",
        "ssh git@github.com",
        "USER=$(whoami)",
        "email ana@example.com costs 5%",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@given(st.text(alphabet="/\\ ~@:$[]%aZ1-\n", max_size=80))
def test_any_text_is_read(text):
    for one in find(Source(text + " /home/anovak/")):
        assert one.end <= len(text) + 14
