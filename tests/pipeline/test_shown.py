"""Names, sizes and times for people."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unveil.pipeline.shown import counted, duration, rate, shown, size


def test_a_plain_name_stays_as_it_is() -> None:
    assert shown(Path("Fenêtre 写真 1.NEF")) == "Fenêtre 写真 1.NEF"


def test_control_characters_are_spelled_out() -> None:
    assert shown("a\n\x1b[31mb\u202e.NEF") == "a\\n\\x1b[31mb\\u202e.NEF"


def test_bytes_that_are_not_text_can_be_encoded() -> None:
    assert shown(os.fsdecode(b"\xff.NEF")).encode() == b"\xef\xbf\xbd.NEF"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (5_240_000, "5.2 MB"), (3 * 10**12, "3.0 TB")],
)
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (185, "3 min 5 s"), (7620, "2 h 7 min")]
)
def test_times_grow_coarser(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_nouns_are_counted() -> None:
    assert (counted(1, "frame"), counted(0, "frame")) == ("1 frame", "0 frames")


@pytest.mark.parametrize(("per_minute", "text"), [(0.25, "0.2 frames/min"), (12.4, "12 frames/min")])
def test_throughput_is_told_by_the_minute(per_minute: float, text: str) -> None:
    assert rate(per_minute) == text
