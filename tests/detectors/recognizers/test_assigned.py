import pytest

from detectors.recognizers.assigned import assigned

VALUE = "k3Zq9Xw7Lm2Vb8Rt5Yp1"


def value_of(text, name="token"):
    start = text.index(name)
    given = assigned(text, start, start + len(name))
    return text[given.start : given.stop] if given else None


@pytest.mark.parametrize(
    "form",
    [
        'token = "§"', "token=§", 'token := "§"', "token ::= §", 'token ?= "§"', "token ??= '§'", 'token .= "§"',
        'token ||= "§"', '"token": "§"', "'token' => '§',", '{\\"token\\": \\"§\\"}', 'token: &str = "§";',
        'token: string = "§"', 'var token string = "§"', "token := `§`", 'char token[] = "§";', "token: |\n  §\n",
        "token: >-\n  §\n", "<token>§</token>", "<token>\n    §\n</token>", "<key>token</key>\n<string>§</string>",
        '<add key="token" value="§" />', '<property name="token">§</property>', "- name: token\n  value: §",
        '{"name": "token", "value": "§"}', 'variable "token" {\n  default = "§"\n}', "--token §", "--token=§", "/token:§",
        "-Dtoken=§", "ENV token §", '#define token "§"', "setx token §", 'put("token", "§")', 'setProperty("token", "§");',
        'x["token"] = "§"', "| token | § |", '.token("§")', 'Map("token" -> "§")', 'token <- "§"', '(def token "§")',
        'NSString *token = @"§";', 'wchar_t* token = L"§";', "Authorization token: Bearer §", "the token is §",
        'token = ["§"]', 'gh secret set token --body "§"', 'if token == "§":', "token|§|x",
    ],
)  # fmt: skip
def test_a_value_is_found_in_every_language(form):
    assert value_of(form.replace("§", VALUE)) == VALUE


@pytest.mark.parametrize(
    "text",
    [
        "echo $token | base64 --decode2",
        "tokens and 4096 more",
        "token",
        "pass\n    msg = 'Invalid2'",
        'get_token("prod/db1")',
        "token.encode('utf-8')"[:5] + "(",
    ],
)
def test_what_assigns_nothing(text):
    assert value_of(text, "pass" if "pass" in text else "token") is None


def test_how_it_is_written():
    tight = assigned("token=abc", 0, 5)
    assert tight is not None
    assert (tight.tight, tight.quoted, tight.listed) == (True, False, False)
    listed = assigned('["token", "abc"]', 2, 7)
    assert listed is not None
    assert (listed.quoted, listed.listed) == (True, True)
    call = assigned('put("token", "abc")', 5, 10)
    assert call is not None
    assert not call.listed
