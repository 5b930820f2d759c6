"""Keys are chance, and only their hashes are kept."""

import re

from shared.security.keys import Scope, hash_of, make, new_key


def test_a_key_is_fresh_and_long_enough_that_a_bare_hash_protects_it() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"ty_[A-Za-z0-9_-]{43}", key) for key in keys)


def test_the_row_of_a_key_holds_its_hash_and_a_beginning_that_tells_it_from_others() -> None:
    key = new_key()
    row = make("proj_1", "ci", [Scope.JOBS_READ], key)
    assert row.hash == hash_of(key) and row.hash != key
    assert key.startswith(row.prefix) and len(row.prefix) == 9
    assert key not in repr(row)


def test_every_scope_but_the_one_for_all_names_a_resource_and_a_right() -> None:
    assert {scope for scope in Scope if ":" not in scope} == {Scope.ADMIN, Scope.INFERENCE}
