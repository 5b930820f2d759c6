"""Names that lead to a base, and names that must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import all_bases, find, suggest


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("gpt-4.1", "gpt-4.1-2025-04-14"),
        ("gpt-4", "gpt-4-0613"),
        ("ft:gpt-4.1-2025-04-14:acme::abc123", "gpt-4.1-2025-04-14"),  # tiktoken's map says cl100k here
        ("ft:gpt-4.1-nano-2025-04-14:acme:tone:abc123", "gpt-4.1-nano-2025-04-14"),
        ("ft:gpt-4o-mini-2024-07-18:acme:tone:abc123:ckpt-step-80", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-3.5-turbo:my-org:custom_suffix:id", "gpt-3.5-turbo-0125"),  # the guide's own name
        ("ft:babbage-002:acme::abc", "babbage-002"),
        ("ft:o4-mini-2025-04-16:acme::abc", "o4-mini-2025-04-16"),  # tiktoken raises KeyError
        ("ft:gpt-4o", "gpt-4o-2024-08-06"),
        ("curie:ft-acme-2023-03-01-12-00-00", "curie"),
    ],
)
def test_a_name_leads_to_its_base(name: str, base: str) -> None:
    found = find(name)
    assert found is not None
    assert found.name == base


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ft:",
        "ft::acme",
        "gpt-4.1-2025",
        "gpt-5",
        "ft:gpt-5:acme::x",
        "GPT-4O",
        "gpt-4o ",
        "ft:ft:gpt-4o:a",
        "gpt-4o:x",
    ],
)
def test_a_name_that_is_not_whole_leads_nowhere(name: str) -> None:
    assert find(name) is None


@given(st.sampled_from(all_bases()), st.text(), st.text(), st.integers(0, 9999))
def test_whatever_follows_the_base_of_a_tuned_model_changes_nothing(
    base: object, org: str, end: str, step: int
) -> None:
    name = base.name  # type: ignore[attr-defined]
    assert find(f"ft:{name}:{org}:{end}:ckpt-step-{step}") is base


def test_a_slip_of_the_finger_is_answered_with_what_was_meant() -> None:
    assert suggest("gpt4o-mini")[0] == "gpt-4o-mini"
    assert "gpt-4.1-mini" in suggest("ft:gpt-4.1-mni:acme::x")
    assert suggest("zzzzzzzz") == ()
