"""Published test sets: found in the ways they lie in folders, refused in one sentence otherwise."""

from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.training.layouts import find_pairs
from unveil.training.protocols import GROUPS, STANDARDS, find_sets


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not read here")
    return folder


def names(folder: Path) -> list[str]:
    return [pair.name for pair in find_pairs(folder)]


@pytest.mark.parametrize(
    ("mixtures", "truths"),
    [("blended", "transmission_layer"), ("blended", "transmission"), ("I", "T"), ("testB", "testA1")],
)
def test_pairs_lie_in_two_folders_by_stem(tmp_path: Path, mixtures: str, truths: str) -> None:
    lay(
        tmp_path,
        f"{mixtures}/3.jpg",
        f"{truths}/3.png",
        f"{mixtures}/12.JPG",
        f"{truths}/12.jpg",
        "notes.txt",
    )
    assert names(tmp_path) == ["12", "3"]
    assert find_pairs(tmp_path)[1].transmission == tmp_path / truths / "3.png"


def test_scenes_of_sir2_lie_in_a_folder_each(tmp_path: Path) -> None:
    lay(tmp_path, *(f"withgt/{n}/{part}.jpg" for n in (1, 2) for part in "mgr"), "withoutgt/3/m.jpg")
    assert names(tmp_path) == ["withgt/1/m", "withgt/2/m"]
    assert find_pairs(tmp_path)[0].transmission == tmp_path / "withgt/1/g.jpg"


def test_several_mixtures_of_a_scene_share_what_they_have_in_common(tmp_path: Path) -> None:
    lay(tmp_path, "1/m-F11.png", "1/g-F11.png", "1/m-F32.png", "1/g-F32.png")
    assert {p.name: p.transmission.name for p in find_pairs(tmp_path)} == {
        "1/m-F11": "g-F11.png",
        "1/m-F32": "g-F32.png",
    }


def test_several_mixtures_may_have_one_truth(tmp_path: Path) -> None:
    lay(tmp_path, "1/mixture_1.png", "1/mixture_2.png", "1/ground_truth.png")
    assert {pair.transmission.name for pair in find_pairs(tmp_path)} == {"ground_truth.png"}
    assert len(find_pairs(tmp_path)) == 2


def test_a_truth_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    lay(tmp_path, "1/m.png", "1/g-1.png", "1/g-2.png")
    with pytest.raises(RecipeError, match=r"m\.png: which of g-1\.png, g-2\.png is its truth\?"):
        find_pairs(tmp_path)


def test_words_that_begin_with_the_same_letter_are_no_pictures_of_a_scene(tmp_path: Path) -> None:
    assert find_pairs(lay(tmp_path, "1/mountain.png", "1/garden.png")) == []


def test_sir2_is_its_three_sets(tmp_path: Path) -> None:
    lay(tmp_path, "PostcardDataset/1/m.png", "PostcardDataset/1/g.png")
    lay(tmp_path, "Solid Object Dataset/blended/7.png", "Solid Object Dataset/transmission_layer/7.png")
    lay(tmp_path, "WildSceneDataset/withgt/5/m.jpg", "WildSceneDataset/withgt/5/g.jpg")
    found = find_sets(tmp_path, "sir2")
    assert [(each.name, [pair.name for pair in each.pairs]) for each in found] == [
        ("sir2-postcard", ["1/m"]),
        ("sir2-object", ["7"]),
        ("sir2-wild", ["withgt/5/m"]),
    ]
    assert [each.standard.size for each in found if each.standard] == [199, 200, 55]


@pytest.mark.parametrize("inside", ["", "real20", "Real_20-test"])
def test_a_set_is_the_folder_or_in_it(tmp_path: Path, inside: str) -> None:
    lay(tmp_path / inside, "blended/1.jpg", "transmission_layer/1.jpg")
    assert find_sets(tmp_path, "real20")[0].folder == tmp_path / inside


def test_folder_without_protocol_is_one_set_of_its_name(tmp_path: Path) -> None:
    lay(tmp_path / "mine", "blended/1.jpg", "transmission/1.jpg")
    found = find_sets(tmp_path / "mine", None)
    assert [(each.name, each.standard) for each in found] == [("mine", None)]


@pytest.mark.parametrize(
    ("protocol", "files", "sentence"),
    [
        ("real2", ["a.txt"], "did you mean 'real20'"),
        ("real20", ["a.txt"], "holds no pairs of real20; they lie in blended/"),
        ("real20", ["nature20/blended/1.png"], "has no folder with 'real20' in its name"),
        ("real20", ["real20a/x.png", "real20b/x.png"], "which of real20a/ and real20b/"),
        ("sir2", ["1/m.png", "1/g.png"], "has no folder with 'postcard' in its name"),
        ("sir2", ["postcard/1/m.png", "postcard/1/g.png"], "has no folder with 'object' in its name"),
        ("nature20", ["nature20/blended/1.png", "nature20/transmission/2.png"], "no picture of this stem in"),
    ],
)
def test_unknown_layout_ends_in_one_sentence(
    tmp_path: Path, protocol: str, files: list[str], sentence: str
) -> None:
    with pytest.raises(RecipeError, match=sentence) as error:
        find_sets(lay(tmp_path, *files), protocol)
    assert len(error.value.problems) == 1
    assert "\n" not in str(error.value)


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no such folder"):
        find_sets(tmp_path / "gone", "real20")


def test_every_published_mean_has_a_source() -> None:
    assert set(GROUPS) - {"sir2"} == set(STANDARDS)
    assert all(p.source and 15 < p.psnr < 35 for s in STANDARDS.values() for p in s.published)
