"""The hash tree: known roots, every path of every small tree, and no path that proves what is not there."""

from __future__ import annotations

import hashlib

import pytest

from services.proof import tree

# The roots over the first n of these leaves, as published with the reference implementation of RFC 6962.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_of_the_standard(count: int) -> None:
    assert tree.root([tree.leaf_hash(leaf) for leaf in LEAVES[:count]]).hex() == ROOTS[count - 1]


def test_no_leaves_have_the_root_of_nothing() -> None:
    assert tree.root([]) == hashlib.sha256(b"").digest() == tree.EMPTY_ROOT


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(bytes([i])) for i in range(count)]


@pytest.mark.parametrize("count", range(1, 34))
def test_every_path_leads_to_the_root_and_proves_one_place_only(count: int) -> None:
    nodes, root = leaves(count), tree.root(leaves(count))
    levels = tree.levels(nodes)
    for index, leaf in enumerate(nodes):
        path = tree.path(levels, index)
        assert tree.root_from_path(leaf, index, count, path) == root
        for other in range(count):
            if other != index:
                assert tree.root_from_path(leaf, other, count, path) != root
        assert tree.root_from_path(tree.leaf_hash(b"x"), index, count, path) != root
        assert tree.root_from_path(leaf, index, count, [*path, leaf]) is None
        if path:
            assert tree.root_from_path(leaf, index, count, path[:-1]) is None


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_place_that_is_not_in_the_tree_has_no_root(index: int, size: int) -> None:
    assert tree.root_from_path(leaves(1)[0], index, size, []) is None


def test_a_node_does_not_pass_for_a_leaf() -> None:
    left, right = leaves(2)
    assert tree.leaf_hash(left + right) != tree.root([left, right])
