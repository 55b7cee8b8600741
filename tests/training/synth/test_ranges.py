"""Ranges that cannot be drawn from are refused, in a configuration by its path."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.training.config import load_config
from unveil.training.synth.ranges import PROBABILITIES, Ranges


def test_swapped_ends_and_impossible_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match=r"share: the lower end 0.5 is above the upper end 0.1"):
        Ranges(share=(0.5, 0.1))
    with pytest.raises(ValueError, match=r"fresnel: a probability is between 0 and 1, found 1.5"):
        Ranges(fresnel=1.5)


def test_configuration_names_the_range(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("unveil_training: 1\nphotographs: [.]\nranges: {share: [0.5, 0.1]}\n")
    with pytest.raises(RecipeError, match=r"ranges.*share: the lower end 0.5 is above the upper end 0.1"):
        load_config(path)


def test_what_came_later_is_off_by_default() -> None:
    usual = Ranges()
    later = [usual.fresnel, usual.tinted, usual.sharp, usual.disc, usual.motion, usual.haze, usual.illuminant]
    assert not any([*later, usual.metered, usual.balanced, usual.camera, usual.mosaic, usual.jpeg])
    assert not usual.noiseless


def test_probabilities_are_fields() -> None:
    assert {field.name for field in fields(Ranges)} > PROBABILITIES


def test_keys_in_the_manual_are_fields() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "training.md").read_text("utf-8")
    section = manual.partition("## Synthesis in linear light")[2].partition("Not modelled")[0]
    keys = [cell.split("|")[2] for cell in section.splitlines() if cell.startswith("| ")][1:]
    named = set(re.findall(r"`(\w+)`", " ".join(keys)))
    assert len(named) > 40
    assert named <= {field.name for field in fields(Ranges)}
