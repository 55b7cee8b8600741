"""Several recipes or methods on one frame, and the page on them."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import cv2
import imagecodecs
import numpy as np
import pytest
import torch

from unveil.cli import main
from unveil.comparison.pictures import (
    Picture,
    colour_difference,
    difference,
    likeness,
    resized,
)
from unveil.comparison.places import choose_places
from unveil.comparison.variants import choose_variants
from unveil.isp.metrics import psnr, ssim
from unveil.pipeline.errors import RecipeError
from unveil.pipeline.registry import build_registry

VOID = {"meta", "link", "img", "br", "input"}
TILED = """\
unveil: 1
name: full
stages: [decode, linearize, separate: {scale: full}, demosaic, colour, tone, encode: {format: jpeg}]
"""
PHOTOGRAPH = Path(__file__).parents[1] / "data/photographs/kodim01.jpg"


class Page(HTMLParser):
    """Tags of a page; elements that are not closed in order are mistakes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A real photograph of 384 x 256 pixels with a soft bright veil in its middle, as PNG."""
    whole = imagecodecs.jpeg8_decode(PHOTOGRAPH.read_bytes())
    small = cv2.resize(whole, (384, 256), interpolation=cv2.INTER_AREA).astype(np.float32)
    veil = np.zeros((256, 384), np.float32)
    veil[80:180, 150:260] = 70
    veiled = (small * 0.7 + cv2.GaussianBlur(veil, (0, 0), 15)[..., None]).clip(0, 255).astype(np.uint8)
    path = tmp_path / "window seat.png"
    path.write_bytes(imagecodecs.png_encode(veiled))
    (tmp_path / "truth.png").write_bytes(imagecodecs.png_encode((small * 0.7).astype(np.uint8)))
    return path


def compare(*words: object) -> int:
    return main(["compare", *map(str, words), "--device", "cpu"])


def picture(seed: int = 0, height: int = 60, width: int = 90) -> Picture:
    noise: Picture = np.random.default_rng(seed).integers(0, 65535, (height, width, 3), dtype=np.uint16)
    return noise


def test_recipes_leave_their_results_and_one_page(
    photograph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = photograph.read_bytes()
    out = tmp_path / "out"
    status = compare("window", "develop", photograph, "-o", out, "--json", "--truth", tmp_path / "truth.png")
    assert status == 0
    assert photograph.read_bytes() == before
    assert (out / "window/window seat_clean.tif").is_file()
    assert (out / "develop/window seat_developed.tif").is_file()
    assert not [path for path in out.rglob(".*")]
    found = json.loads(capsys.readouterr().out)
    window, develop = found["variants"]
    assert found["compared_at"] == [384, 256]
    assert window["scores"]["reflection"] > 0
    assert window["delta_e_to_first"] is None
    assert develop["delta_e_to_first"]["p99"] > develop["delta_e_to_first"]["mean"] > 0
    # `develop` takes nothing out, so it is the input, and both are as far from the truth.
    assert develop["to_truth"]["psnr"] == pytest.approx(found["input_to_truth"]["psnr"], abs=1e-3)
    assert develop["to_truth"]["ssim"] == pytest.approx(found["input_to_truth"]["ssim"], abs=1e-4)
    assert set(window["stages"]) == {
        "decode",
        "linearize",
        "separate",
        "demosaic",
        "colour",
        "tone",
        "encode",
    }
    check_page(Path(found["page"]), len(found["places"]))


def check_page(path: Path, places: int) -> None:
    page = Page(path)
    assert page.open == []
    assert places > 0
    images = page.having("img")
    # Three whole pictures, one reflection, and three crops of each place.
    assert len(images) == 4 + 3 * places
    assert all(image["alt"] for image in images)
    assert all(str(image["src"]).startswith("data:image/jpeg;base64,") for image in images)
    assert imagecodecs.jpeg8_decode(base64.b64decode(str(images[0]["src"]).partition(",")[2])).shape == (
        256,
        384,
        3,
    )
    links = [str(link["href"]) for link in page.having("a")]
    assert all((path.parent / unquote(link)).is_file() for link in links if not link.startswith("#"))
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {link[1:] for link in links if link.startswith("#")} <= set(identifiers)
    assert "PSNR to the truth" in page.text


WATCH = """<script>
const errors = [];
addEventListener("error", event => errors.push(event.message || "load"), true);
const logged = console.error;
console.error = (...words) => { errors.push(words.join(" ")); logged(...words); };
addEventListener("load", () => {
  const seen = [...document.images].filter(image => image.complete && image.naturalWidth > 0).length;
  const button = document.querySelector(".flip"), image = button.querySelector("img"), own = image.src;
  button.dispatchEvent(new KeyboardEvent("keydown", {key: " "}));
  const came = document.querySelector(`[data-came="${button.dataset.row}"]`).src;
  const flipped = image.src === came && own !== came;
  button.dispatchEvent(new KeyboardEvent("keyup", {key: " "}));
  document.body.dataset.found = JSON.stringify(
    {errors, seen, all: document.images.length, flipped, back: image.src === own});
});
</script>"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_browser_shows_all_and_flips_to_the_frame_as_it_came(photograph: Path, tmp_path: Path) -> None:
    assert compare("window", "develop", photograph, "-o", tmp_path / "out", "--crops", "2") == 0
    watched = tmp_path / "out/watched.html"
    text = (tmp_path / "out/compare.html").read_text("utf-8")
    watched.write_text(text.replace("<head>", "<head>" + WATCH, 1), "utf-8")
    browser = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'user'}",
    ]
    ran = subprocess.run(
        [*browser, "--dump-dom", watched.as_uri()], capture_output=True, text=True, timeout=100, check=True
    )
    found = re.search(r"<body data-found=\"([^\"]*)\"", ran.stdout)
    assert found is not None
    seen = json.loads(found[1].replace("&quot;", '"'))
    assert seen == {"errors": [], "seen": seen["all"], "all": 10, "flipped": True, "back": True}


def test_a_method_without_weights_says_so_and_the_others_go_on(
    photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "none"))
    out, full = tmp_path / "out", without_weights(tmp_path)
    status = compare("window", full, photograph, "-o", out, "--json")
    said = capsys.readouterr()
    good, bad = json.loads(said.out)["variants"]
    assert (status, good["status"], bad["status"]) == (1, "done", "failed")
    assert "no weights" in bad["reason"]
    assert "full: no weights" in said.err
    assert "no weights" in Page(out / "compare.html").text
    assert not (out / "full").exists()


def without_weights(folder: Path) -> Path:
    """Write a recipe whose method needs weights that are not there."""
    path = folder / "full.yaml"
    shipped = build_registry().recipes["window"].read_text("utf-8")
    path.write_text(shipped.replace("method: unveilnet", "method: ibcln, variant: full"))
    return path


def test_where_no_variant_can_be_built_no_page_is_written(
    photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNVEIL_WEIGHTS", str(tmp_path / "none"))
    full, half = without_weights(tmp_path), tmp_path / "half.yaml"
    half.write_text(full.read_text("utf-8").replace("strength: 1.0", "strength: 0.5"))
    assert compare(full, half, photograph, "-o", tmp_path / "out") == 3
    assert capsys.readouterr().err.count(": no weights") == 2
    assert list((tmp_path / "out").iterdir()) == []


def test_methods_are_put_into_the_recipe(tmp_path: Path) -> None:
    chosen = choose_variants(
        build_registry(), (), ("unveilnet", "ibcln"), "proof", ["separate.strength=0.5"], "cpu"
    )
    assert [(v.name, v.method, v.plan.recipe.name) for v in chosen] == [
        ("unveilnet", "unveilnet", "proof"),
        ("ibcln", "ibcln", "proof"),
    ]
    separations = [dict(v.plan.recipe.stages)["separate"].model_dump() for v in chosen]
    assert [(s["strength"], set(s["keep"])) for s in separations] == [(0.5, {"reflection", "blended"})] * 2


def test_networks_keep_to_the_memory_that_is_given(
    photograph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = tmp_path / "wide.png"
    wide.write_bytes(
        imagecodecs.png_encode(np.tile(imagecodecs.png_decode(photograph.read_bytes()), (1, 6, 1)))
    )
    recipe = tmp_path / "full.yaml"
    recipe.write_text(TILED)
    status = compare(recipe, "develop", wide, "-o", tmp_path / "out", "--json", "--max-memory", "64MiB")
    assert status == 0
    notes = [note for stage in json.loads(capsys.readouterr().out)["variants"][0]["notes"] for note in stage]
    assert any(re.fullmatch(r"seen in \d+ tiles: tiles of \d+ pixels on cpu", note) for note in notes), notes
    assert compare(recipe, "develop", wide, "-o", tmp_path / "none", "--max-memory", "1kB") == 2
    assert "'1kB' is too little memory; allowed: at least 64 MiB" in capsys.readouterr().err


def test_a_smaller_variant_sets_the_size_and_the_page_says_so(
    make_dng: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    light = np.random.default_rng(5).uniform(300, 3000, (96, 128))
    frame = make_dng(light.astype(np.uint16), cfa=((0, 1), (1, 2)), name="frame.dng")
    out = tmp_path / "out"
    assert compare("clean-dng", "proof", frame, "-o", out, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [variant["size"] for variant in found["variants"]] == [[128, 96], [64, 48]]
    assert found["compared_at"] == [64, 48]
    text = Page(out / "compare.html").text
    assert "Shrunk to the smallest, averaging light, before they are compared: clean-dng (128 x 96)" in text
    assert (
        "clean-dng ends before the display; for this page it went through demosaic, colour and tone" in text
    )
    assert (out / "clean-dng/frame_clean.dng").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("window", "develop"), "develop is a recipe and there is no file of that name"),
        (("window", "INPUT"), "at least two recipes or methods to compare; there is only window"),
        (("window", "window", "INPUT"), "window and window-2 do the same"),
        (("windw", "develop", "INPUT"), "no recipe is named 'windw'; did you mean 'window'?"),
        (("window", "--method", "ibcn", "INPUT"), "no method is named 'ibcn'; did you mean 'ibcln'?"),
        (
            ("window", "--method", "ibcln", "--recipe", "develop", "INPUT"),
            "develop: the recipe has no stage 'separate'",
        ),
        (("window", "develop", "nothing.dng"), "nothing.dng: no such file"),
        (("window", "develop", "window.yaml"), "window.yaml: a recipe; the last argument is the frame"),
        (("window", "develop", "FOLDER"), "holds 2 pictures; give the one to compare on"),
        (("window", "develop", "INPUT", "--truth", "gone.png"), "gone.png: no such file"),
    ],
)
def test_a_mistake_is_one_sentence_before_any_work(
    words: tuple[str, ...],
    said: str,
    photograph: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"INPUT": str(photograph), "FOLDER": str(tmp_path)}
    assert compare(*(places.get(word, word) for word in words)) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert not (tmp_path / "compare").exists()


def test_a_frame_or_truth_that_does_not_fit_is_told_before_any_variant(
    photograph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, broken, small = tmp_path / "out", tmp_path / "broken.dng", tmp_path / "small.png"
    small.write_bytes(imagecodecs.png_encode(np.zeros((24, 32, 3), np.uint8)))
    broken.write_text("this is text\n")
    assert compare("window", "develop", broken, "-o", out) == 1
    assert compare("window", "develop", photograph, "-o", out, "--truth", small) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "holds text" in said[0]
    assert "the truth is 32 x 24, but the frame is 384 x 256" in said[1]
    assert list(out.iterdir()) == []


def test_results_that_are_there_are_replaced_only_when_asked(
    photograph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "develop").mkdir(parents=True)
    (out / "develop/window seat_developed.tif").write_text("mine")
    words = ("develop", "proof", photograph, "-o", out)
    assert compare(*words) == 2
    assert "is there already; --overwrite replaces" in capsys.readouterr().err
    assert (out / "develop/window seat_developed.tif").read_text() == "mine"
    assert compare(*words, "--overwrite") == 0
    assert (out / "develop/window seat_developed.tif").stat().st_size > 1000


def test_a_result_never_replaces_the_truth(photograph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "develop").mkdir(parents=True)
    truth = out / "develop/window seat_developed.tif"
    truth.write_bytes(photograph.read_bytes())
    assert compare("window", "develop", photograph, "-o", out, "--truth", truth, "--overwrite") == 2
    assert truth.read_bytes() == photograph.read_bytes()


def test_names_of_variants_are_safe_and_differ(tmp_path: Path) -> None:
    text = build_registry().recipes["develop"].read_text("utf-8")
    files = [tmp_path / name for name in ("a/<b> & c.yaml", "d/<B> & c.yaml")]
    for number, file in enumerate(files):
        file.parent.mkdir()
        file.write_text(text.replace("exposure: auto", f"exposure: {number}"))
    variants = choose_variants(build_registry(), [str(file) for file in files], (), "window", (), "cpu")
    assert [variant.name for variant in variants] == ["b_c", "B_c-2"]


def test_every_mistake_in_the_variants_is_told_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        choose_variants(build_registry(), ["windw", "developp"], ["ibcn"], "window", (), "cpu")
    assert len(caught.value.problems) == 3


def test_delta_e_spans_nought_to_a_hundred() -> None:
    # White against black is 100 by definition of L*; equal pictures do not differ.
    white, black = (np.full((1, 1, 3), level, np.uint16) for level in (65535, 0))
    assert colour_difference(white, black)[0, 0] == pytest.approx(100, abs=0.01)
    found = difference(picture(1), picture(1))
    assert (found.mean, found.p99) == (0, 0)


def test_figures_to_the_truth_are_those_of_the_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unveil.comparison.pictures.BAND", 90 * 7)
    one, other = picture(1), picture(2)
    tensors = [torch.from_numpy(p.astype(np.float64) / 65535).permute(2, 0, 1) for p in (one, other)]
    found = likeness(one, other)
    assert found.psnr == pytest.approx(psnr(*tensors))
    assert found.ssim == pytest.approx(ssim(tensors[0], tensors[1]))
    assert likeness(one, one).psnr is None


def test_shrinking_averages_light() -> None:
    checks: Picture = np.zeros((64, 64, 3), np.uint16)
    checks[::2, ::2] = checks[1::2, 1::2] = 65535
    # Half the light is 0.7354 in sRGB (IEC 61966-2-1).
    assert resized(checks, 32, 32) / 65535 == pytest.approx(0.7354, abs=1e-4)


def test_places_lie_on_what_differs_and_do_not_overlap() -> None:
    differs, light = np.zeros((100, 150)), np.zeros((100, 150))
    differs[20:30, 100:110], light[70:80, 20:30] = 5, 0.5
    places = choose_places(differs, light, 1000, 1500, 4)
    assert choose_places(differs, light, 1000, 1500, 4) == places
    first, second = places[:2]
    assert (first.why, second.why) == ("difference", "light")
    assert first.row <= 200 < 300 <= first.row + first.height
    assert first.column <= 1000 < 1100 <= first.column + first.width
    assert second.row <= 700 < 800 <= second.row + second.height
    covered = np.zeros((1000, 1500), int)
    for place in places:
        assert place.of(covered[..., None].repeat(3, 2).astype(np.uint16)).shape == (320, 320, 3)
        covered[place.row : place.row + place.height, place.column : place.column + place.width] += 1
    assert covered.max() == 1


def test_where_nothing_differs_there_is_no_place() -> None:
    assert choose_places(np.zeros((20, 30)), np.zeros((20, 30)), 200, 300, 6) == ()
