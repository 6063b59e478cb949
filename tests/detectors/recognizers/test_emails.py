import pytest

from detectors.recognizers.emails import find


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("mail ana@example.com now", ["ana@example.com"]),
        ("<ana.novak+x@mail.example.co.uk>", ["ana.novak+x@mail.example.co.uk"]),
        ("'ana@example.com'", ["ana@example.com"]),
        ("mailto:ana@example.com?subject=x", ["ana@example.com"]),
        ("ana@mail.corp", ["ana@mail.corp"]),
        ("o'brien@example.ie", ["o'brien@example.ie"]),
        ("a@b.co, c@d.org", ["a@b.co", "c@d.org"]),
        ("write to ana.novak%40example.com today", ["ana.novak%40example.com"]),
        ("x.org/?q=Anna%20Schmidt&mail=a%40b.com", ["a%40b.com"]),
        ("https://x.org/?mail=a@b.com&x=1", ["a@b.com"]),
        ("mail=a@b.com, user=anna.b@c.org", ["a@b.com", "anna.b@c.org"]),
        ("/users/anna@example.com/orders", ["anna@example.com"]),
        ("x.org/#anna@example.com", ["anna@example.com"]),
        ("?u=https%3A%2F%2Fy.org%2F%3Fmail%3Da%40b.com", ["a%40b.com"]),
        ("to=%22Anna%22%20%3Ca%40b.com%3E", ["a%40b.com"]),
        ("mailto:a@b.com?cc=c@d.com", ["a@b.com", "c@d.com"]),
        # what looks like that and is a part of the address
        ("r&d@example.com", ["r&d@example.com"]),
        ("bounce+anna=example.com@lists.org", ["bounce+anna=example.com@lists.org"]),
        ("SRS0=ab=cd=orig.com=user@fwd.org", ["SRS0=ab=cd=orig.com=user@fwd.org"]),
        ("anna%2Bnews%40example.com", ["anna%2Bnews%40example.com"]),
        ("a discount of 40%40 and x%40y", []),
        ("npm i react@18.2.0", []),
        ("git@github.com:org/repo.git", []),
        ("image@2x.png", []),
        ("@mention and x@ y", []),
        ("user@localhost", []),
        ("postgres://shop:h4nds0ff@db.example.org/x", []),
        ("http://x.org:8080 ana@example.com", ["ana@example.com"]),
        ("Co-Authored-By: Claude <noreply@anthropic.com>", []),
        ("", []),
    ],
)
def test_find(found, text, values):
    assert found(find, text) == [(value, "EMAIL_ADDRESS") for value in values]


@pytest.mark.parametrize("name", ["someone@host.invalid", "someone@host.test", "root@my.localhost"])
def test_names_that_cannot_exist(found, name):
    assert found(find, f"write to {name} please") == []


@pytest.mark.parametrize("address", ["jzde8g@example.local", "fjzczb@corp.example", "9ik4@mailserver.Example"])
def test_nobodys_address_needs_something_beside_it(found, address):
    assert found(find, address) == []
    assert found(find, f"write to {address}") == [(address, "EMAIL_ADDRESS")]
    assert found(find, f"{address}, Ana") == [(address, "EMAIL_ADDRESS")]


@pytest.mark.parametrize(
    "address", ["ana@acme.example", "jsmith@corp.local", "ana.novak@x.example", "x9k2@example.org"]
)
def test_an_address_with_a_name_in_it_or_of_a_public_domain_counts_alone(found, address):
    assert found(find, address) == [(address, "EMAIL_ADDRESS")]
