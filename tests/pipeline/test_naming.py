"""Tokens in the names of files, and what stands for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath

import pytest

from unveil.pipeline.naming import TOKENS, CaptureFacts, Naming, check_tokens, needs_facts, needs_sequence

FACTS = CaptureFacts(
    taken=datetime(2026, 5, 31, 17, 45, 9), camera="NIKON Z 7", lens="24-70mm f/2.8", iso=640
)
FULL = Naming(stem="DSC_1", parent="card", sequence=7, recipe="window", job="42", facts=FACTS)


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("{stem}", "DSC_1"),
        ("{parent}/{stem}_clean", "card/DSC_1_clean"),
        ("{sequence}", "7"),
        ("{sequence:04}", "0007"),
        ("{date}", "2026-05-31"),
        ("{date:%y%m%d}_{time:%H%M%S}", "260531_174509"),
        ("{date:%Y-%j}", "2026-151"),
        ("{time}", "17-45-09"),
        ("{camera}", "NIKON Z 7"),
        ("{lens}", "24-70mm f-2.8"),
        ("{iso}", "640"),
        ("{recipe}-{job}", "window-42"),
        ("{layer}", "reflection"),
    ],
)
def test_every_token_is_filled_in(name: str, filled: str) -> None:
    assert FULL.fill(name, "reflection") == filled


@pytest.mark.parametrize("token", sorted(set(TOKENS) - {"stem", "sequence", "layer"}))
def test_what_is_not_known_is_said_so(token: str) -> None:
    assert Naming(stem="a").fill(f"{{{token}}}") == f"no-{token}"


@pytest.mark.parametrize("job", ["../../etc", "/etc/passwd", "a\\b", "C:x", "..", "a\0b", "x. "])
def test_no_value_leads_out_of_the_folder(job: str) -> None:
    name = Naming(stem="a", job=job).fill("{job}/{stem}")
    folder, _, stem = name.rpartition("/")
    assert stem == "a"
    assert folder not in ("", ".", "..")
    assert not set(folder) & set("/\\:\0")


def test_a_number_goes_behind_the_whole_name() -> None:
    assert Naming(stem="a", number=2).fill("proof/{stem}_clean") == "proof/a_clean_2"


def test_stem_and_folder_are_those_of_the_source() -> None:
    assert Naming.of(PurePath("/shoot/card 1/IMG_0001.CR2")) == Naming(stem="IMG_0001", parent="card 1")


def test_only_tokens_that_are_allowed_pass() -> None:
    check_tokens("{stem}", frozenset({"stem"}))
    with pytest.raises(ValueError, match=r"no token {job}; allowed: {stem}$"):
        check_tokens("{job}", frozenset({"stem"}))


def test_what_names_need_is_known_without_a_picture() -> None:
    assert needs_facts(lambda naming: naming.fill("{stem}_{lens}"))
    assert not needs_facts(lambda naming: naming.fill("{stem}_{sequence}"))
    assert needs_sequence(lambda naming: naming.fill("{stem}_{sequence:03}"))
    assert not needs_sequence(lambda naming: naming.fill("{stem}_{date}"))
