"""Roots are those of RFC 6962: computed here again from its recursive definition, and for its known vectors."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.chain import EMPTY_ROOT, GENESIS, Chain, leaf_hash

# The test tree of Certificate Transparency's reference implementation: eight inputs and the roots of their prefixes.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def grown(bodies):
    chain = Chain()
    for body in bodies:
        chain = chain.add(leaf_hash(body))
    return chain


def test_known_roots():
    chain = Chain()
    for text, root in zip(INPUTS, ROOTS, strict=True):
        chain = chain.add(leaf_hash(bytes.fromhex(text)))
        assert chain.root().hex() == root


def recursive_root(bodies):
    if not bodies:
        return hashlib.sha256().digest()
    if len(bodies) == 1:
        return hashlib.sha256(b"\0" + bodies[0]).digest()
    split = 1 << (len(bodies) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + recursive_root(bodies[:split]) + recursive_root(bodies[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_root_is_the_definition(bodies):
    chain = grown(bodies)
    assert chain.root() == recursive_root(bodies)
    assert chain.size == len(bodies)
    assert len(chain.subtrees) == len(bodies).bit_count()


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=20, unique=True), st.data())
def test_any_change_changes_the_root(bodies, data):
    at = data.draw(st.integers(0, len(bodies) - 1))
    assert grown(bodies).root() != grown([*bodies[:at], b"other", *bodies[at + 1 :]]).root()
    assert grown(bodies).root() != grown(bodies[:at] + bodies[at + 1 :]).root()


def test_empty():
    assert (Chain().root(), Chain().last) == (EMPTY_ROOT, GENESIS)


@pytest.mark.parametrize("count", [1, 2, 3, 1000])
def test_last(count):
    assert grown([b"%d" % number for number in range(count)]).last == leaf_hash(b"%d" % (count - 1))
