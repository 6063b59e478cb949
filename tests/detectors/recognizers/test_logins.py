import pytest

from detectors.recognizers.logins import find

SECRET = "Tr0ub4dor&3x"


@pytest.mark.parametrize(
    "form",
    [
        "mysql -u root -pV db", "sshpass -p V ssh h", "sshpass -p 'V' ssh h", "psexec \\\\h -u bob -p V cmd",
        "docker login -u bob -p V", "redis-cli -a V ping", "ldapsearch -D cn=x -w V", "unzip -P V a.zip",
        "7z x -pV a.7z", "sqlcmd -U sa -P V", "bcp t out f -U sa -P V", "smbclient -U bob%V //h/s",
        "curl -u admin:V https://x.io", 'curl --user "bob:V" https://x.io', "net use \\\\srv\\s /user:dom\\bob V",
        "net use \\\\srv\\s V /user:bob", "htpasswd -b f bob V", "echo V | sudo -S ls", "echo bob:V | sudo chpasswd",
        "requirepass V", "CREATE USER bob IDENTIFIED BY 'V'", 'ConvertTo-SecureString "V" -AsPlainText -Force',
        'new NetworkCredential("bob", "V")', 'DriverManager.getConnection(url, "bob", "V")',
        'mysql_connect("localhost", "bob", "V")', "requests.get(u, auth=('bob', 'V'))", 'HTTPBasicAuth("bob", "V")',
        "machine h.example.org login bob password V",
        "mongosh mongodb://m -u shop -p 'V'", "net user svc V /add", "schtasks /create /tn j /ru A\\svc /rp V",
        "reg add HKLM\\Winlogon /v DefaultPassword /t REG_SZ /d V", "rabbitmqctl add_user shop V",
        "EXEC sp_addlogin 'loader', 'V'", 'ks.load(in, "V".toCharArray());', 'def creds = "deploy:V"', "AUTH V",
        "openssl enc -aes-256-cbc -k V -in a", "snmpwalk -v3 -u mon -A V -x AES h", "snmpget -v3 -a SHA -X V h",
        "jdbc:oracle:thin:shop/V@//ora:1521/x", "sqlplus shop/V@ora", 'new PDO("mysql:host=d", "bob", "V")',
        'smtp.PlainAuth("", "bob", "V", host)', 'DBI->connect("dbi:Pg:dbname=x", "bob", "V")',
        "echo V | docker login -u ci --password-stdin r.example.net", "ngrok config add-authtoken V",
        'jwt.encode(claims, "V", algorithm="HS256")', '10.0.0.1 10.0.0.2 : PSK "V"', "credentials are admin / V", "db.example.org:5432:shop:bob:V", "login: bob / V",
    ],
)  # fmt: skip
def test_passwords_by_their_place(found, form):
    assert (SECRET, "PASSWORD") in found(find, form.replace("V", SECRET))


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p",
        "docker run -p 8080:80 nginx",
        "mkdir -p /var/lib/x9",
        "curl -u $USER:$TOKEN https://x.io",
        "curl -u <user>:<password> https://x.io",
        "curl http://localhost:8080/x",
        'auth=("user", os.environ["PASS"])',
        "IDENTIFIED BY '<password>'",
        "echo done | sudo tee /etc/x",
        "12:30:45:11:22",
        "return the library identified by 'name_of_it'.",
        "driver://user:pass@host/database",
        "gsutil du -a gs://bucketname",
        "auth=('user', 'pass')",
        "session=short",
        "user=apache password=###### dbname=x",
        "net user svc /add",
        "net user svc *",
        "AUTH LOGIN",
        '"x".toCharArray()',
        "mongosh -p",
        "creds = 'a:b'",
        "session_id=3f2a9c1e-7b64-4d0a-9e1f-5c6d7e8f9a0b",
        "device=1 session=3f2a9c1e-7b64-4d0a-9e1f-5c6d7e8f9a0b",
        "jwt.decode(token, key, algorithms)",
        "openssl genrsa -out key.pem 4096",
        "jdbc:oracle:thin:@//ora:1521/x",
        "the session is 3f2a9c1e7b644d0a",
        "",
    ],
)
def test_near_misses(found, text):
    assert found(find, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Cookie: theme=dark; sid=s%3Aj3Zq9Xw7Lm2Vb8Rt5Yp1; a=b",
        "Set-Cookie: JSESSIONID=9F86D081884C7D659A2FEAA0C55AD015; Path=/",
        "PHPSESSID=k3zq9xw7lm2vb8rt5yp1k3zq9x",
    ],
)
def test_sessions(found, text):
    assert [kind for _, kind in found(find, text)] == ["SECRET"]


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("user = 'mwolek'\npassword = 'abuset406581'", "mwolek"),
        ("Server=h;User Id=shopuser;Password=h4nds0ff;", "shopuser"),
        ("psexec \\\\h -u shopuser -p h4nds0ff cmd", "shopuser"),
        ("Connect -User ana.svc@shop.lan -Password h4nds0ff", "ana.svc@shop.lan"),
        ("AccountName=shopstore;AccountKey=abc", "shopstore"),
        ("[client]\nusername=svc_shop\npassword=h4nds0ff", "svc_shop"),
    ],
)
def test_a_users_name_beside_a_password(found, text, user):
    assert (user, "USERNAME") in found(find, text)


@pytest.mark.parametrize(
    "text",
    [
        "user = 'mwolek'",
        "user: root\npassword: h4nds0ff",
        "user:bcrypt-hash as htpasswd",
        "user = getUser(); password()",
    ],
)
def test_a_users_name_alone_or_of_nobody(found, text):
    assert found(find, text) == []


def test_app_passwords_of_four_groups(found):
    text = "notarytool submit a.zip --password qwbp-zdwk-eltb-veat"
    assert found(find, text) == [("qwbp-zdwk-eltb-veat", "PASSWORD")]
