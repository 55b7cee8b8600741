"""The page on a shoot."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from unveil.pipeline.frame import TrailEntry
from unveil.pipeline.plan import Plan
from unveil.pipeline.report import FILES, write_report
from unveil.pipeline.results import FLAGGED, FrameResult, Status, Written
from unveil.pipeline.run import Options, execute, prepare

HOSTILE = '<img src=x onerror="alert(1)"> & \' #1 100%.NEF'


class Page(HTMLParser):
    """What a page holds and links to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.data = ""
        self._in_data = False
        self.feed(path.read_text("utf-8"))
        found = json.loads(self.data)
        self.frames: list[dict[str, Any]] = found["frames"]
        self.texts: list[str] = found["texts"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_data = tag == "script" and dict(attrs).get("id") == "data"

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data
        else:
            self.text += data

    def links(self) -> list[str]:
        """Return what the frames link to."""
        pictures = ("thumbnail", "after", "before", "reflection")
        urls = [frame[key] for frame in self.frames for key in pictures]
        return [url for url in urls if url] + [
            file["url"] for frame in self.frames for file in frame["files"]
        ]


def make(folder: Path, *outputs: tuple[str, str, int], source: str = "/shoot/a.nef", **more: object) -> Page:
    for path, _, size in outputs:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(b"x" * size)
    written = tuple(Written(path=path, role=role, size=size) for path, role, size in outputs)
    values: dict[str, object] = {"source": source, "status": Status.DONE, "outputs": written, **more}
    result = FrameResult(**values)  # type: ignore[arg-type]
    return Page(write_report(folder, [result], "window"))


def test_a_frame_has_before_after_and_reflection(tmp_path: Path) -> None:
    page = make(
        tmp_path,
        ("a_clean.tif", "transmission", 90),
        ("proof/a.jpg", "transmission", 10),
        ("before/a.jpg", "blended", 10),
        ("reflection/a.png", "reflection", 10),
    )
    (frame,) = page.frames
    urls = [frame[key] for key in ("after", "before", "reflection")]
    assert urls == ["./proof/a.jpg", "./before/a.jpg", "./reflection/a.png"]
    assert "./a_clean.tif" in page.links()


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    (frame,) = make(tmp_path, ("proof/a.jpg", "transmission", 10)).frames
    assert (frame["before"], frame["reflection"], frame["before_histogram"]) == ("", "", "")


def test_a_picture_that_cannot_be_read_is_its_own_thumbnail(tmp_path: Path) -> None:
    (frame,) = make(tmp_path, ("proof/a.jpg", "transmission", 10)).frames
    assert (frame["thumbnail"], frame["after_histogram"]) == ("./proof/a.jpg", "")
    assert not (tmp_path / FILES).exists()


def test_the_lightest_picture_that_browsers_show_is_taken(tmp_path: Path) -> None:
    page = make(
        tmp_path, ("a.tif", "transmission", 1), ("a.png", "transmission", 50), ("a.jpg", "transmission", 5)
    )
    assert page.frames[0]["after"] == "./a.jpg"


def test_a_result_that_is_gone_is_not_linked(tmp_path: Path) -> None:
    gone = Written(path="gone.jpg", role="transmission", size=1)
    result = FrameResult(source="/a.nef", status=Status.DONE, outputs=(gone,))
    assert Page(write_report(tmp_path, [result], "window")).links() == []


def test_hostile_names_are_data_and_their_links_lead_to_the_files(tmp_path: Path) -> None:
    names = [f"{HOSTILE}.jpg".replace("/", ""), "javascript:alert(1).jpg"]
    outputs = [(name, role, 3) for name, role in zip(names, ("transmission", "reflection"), strict=True)]
    entry = TrailEntry(stage="x", parameters={"a": HOSTILE}, seconds=0, device="cpu", notes=(HOSTILE,))
    page = make(tmp_path, *outputs, source=f"/shoot/{HOSTILE}", reason=HOSTILE, trail=(entry,))
    assert "<" not in page.data
    assert "img" not in [tag for tag, _ in page.tags]
    (frame,) = page.frames
    assert (frame["name"], frame["reason"], frame["steps"][0][3]) == (HOSTILE, HOSTILE, [HOSTILE])
    assert len(page.links()) == 5
    for link in page.links():
        assert urlsplit(link).scheme == ""
        assert (tmp_path / unquote(link)).is_file()


def test_names_that_are_not_text_are_linked_by_their_bytes(tmp_path: Path) -> None:
    page = make(tmp_path, ("\udcff.jpg", "transmission", 3))
    assert set(page.links()) == {"./%FF.jpg"}
    assert page.frames[0]["files"][0]["name"] == "\ufffd.jpg"


def test_the_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    page = make(tmp_path, ("a.jpg", "transmission", 3))
    assert all(link.startswith("./") for link in page.links())
    assert not [attributes for _, attributes in page.tags if "src" in attributes or "href" in attributes]
    assert "url(" not in page.text


def test_trail_scores_and_failure_are_told(tmp_path: Path) -> None:
    entry = TrailEntry(
        stage="tone", parameters={"exposure": "auto"}, seconds=1.25, device="cpu", notes=("+1.3 EV",)
    )
    page = make(
        tmp_path,
        status=Status.FAILED,
        reason="too dark",
        seconds=2.0,
        scores={"reflection": 0.123456},
        trail=(entry,),
    )
    (frame,) = page.frames
    assert (frame["status"], frame["reason"], frame["time"]) == ("failed", "too dark", "2.0 s")
    assert frame["scores"] == [["reflection", "0.1235"]]
    ((stage, parameters, time, notes),) = frame["steps"]
    assert (page.texts[stage], page.texts[parameters]) == ("tone", "exposure: auto")
    assert (time, notes) == ("1.2 s", ["+1.3 EV"])


def test_the_heading_counts_failed_and_flagged_frames(tmp_path: Path) -> None:
    results = [
        FrameResult(source="/shoot/a.nef", status=Status.DONE, scores={"drift": 0.01}),
        FrameResult(source="/shoot/b.nef", status=Status.DONE, scores={"drift": 0.2, FLAGGED: 1.0}),
        FrameResult(source="/shoot/c.nef", status=Status.FAILED, reason="broken"),
    ]
    page = Page(write_report(tmp_path, results, "window"))
    assert "3 frames, 1 failed, 1 flagged" in page.text
    assert [frame["flagged"] for frame in page.frames] == [False, True, False]
    good = Page(write_report(tmp_path, results[:1], "window"))
    assert "\n1 frame\n" in good.text
    assert {"show-failed", "show-flagged"}.isdisjoint(attributes.get("id") for _, attributes in good.tags)


def test_frames_are_in_natural_order(tmp_path: Path) -> None:
    results = [FrameResult(source=f"/s/IMG_{n}.nef", status=Status.DONE) for n in (10, 9, 1)]
    page = Page(write_report(tmp_path, results, "window"))
    assert [frame["name"] for frame in page.frames] == ["IMG_1.nef", "IMG_9.nef", "IMG_10.nef"]


def test_the_page_of_a_real_run_links_real_files(
    picture: Callable[..., Path], short_plan: Plan, tmp_path: Path
) -> None:
    options = Options(output=tmp_path / "out", jobs=0, report=True)
    tally = execute(prepare(short_plan, [picture("one two.png")], options), lambda result: None)
    assert tally.page is not None
    links = Page(tally.page).links()
    assert links
    assert all((tally.page.parent / unquote(link)).is_file() for link in links)


@pytest.mark.parametrize("title", ["<b>bold</b>", "recipe"])
def test_the_title_is_text(tmp_path: Path, title: str) -> None:
    assert title in Page(write_report(tmp_path, [], title)).text
