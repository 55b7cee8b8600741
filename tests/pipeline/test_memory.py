"""Sizes of memory, and what is free."""

from __future__ import annotations

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.memory import free_memory, parse_bytes, spell_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("800MB", 800_000_000),
        ("2GiB", 2**31),
        ("1.5 G", 1_500_000_000),
        ("512 mib", 2**29),
        ("100000000", 10**8),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "4 apples", "-1GB", "2TB", "1GB2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match=r"is no size of memory; write a number with a unit, e\.g\. 800MB"):
        parse_bytes(text)


def test_a_limit_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(RecipeError, match="'1MB' is too little memory; allowed: at least 64 MiB"):
        parse_bytes("1MB")


def test_sizes_are_written_short() -> None:
    assert [spell_bytes(2**31), spell_bytes(3 * 2**29), spell_bytes(2**20), spell_bytes(12)] == [
        "2 GiB", "1.5 GiB", "1 MiB", "12 bytes",
    ]  # fmt: skip


def test_some_memory_is_free() -> None:
    assert 2**20 < free_memory("cpu") < 2**50
