"""The page on a shoot."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from unveil.pipeline.frame import TrailEntry
from unveil.pipeline.plan import Plan
from unveil.pipeline.report import write_report
from unveil.pipeline.results import FLAGGED, FrameResult, Status, Written
from unveil.pipeline.run import Options, execute, prepare

HOSTILE = '<img src=x onerror="alert(1)"> & \' #1 100%.NEF'


class Page(HTMLParser):
    """What a page shows and links to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str]:
        return [
            url
            for _, attributes in self.tags
            for key, url in attributes.items()
            if key in ("src", "href") and url
        ]

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == "img"]


def make(folder: Path, *outputs: tuple[str, str, int], source: str = "/shoot/a.nef", **more: object) -> Page:
    for path, _, size in outputs:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(b"x" * size)
    written = tuple(Written(path=path, role=role, size=size) for path, role, size in outputs)
    values: dict[str, object] = {"source": source, "status": Status.DONE, "outputs": written, **more}
    result = FrameResult(**values)  # type: ignore[arg-type]
    return Page(write_report(folder, [result], "window"))


def test_a_frame_shows_before_after_and_reflection(tmp_path: Path) -> None:
    page = make(
        tmp_path,
        ("a_clean.tif", "transmission", 90),
        ("proof/a.jpg", "transmission", 10),
        ("before/a.jpg", "blended", 10),
        ("reflection/a.png", "reflection", 10),
    )
    assert [image["src"] for image in page.images()] == [
        "./proof/a.jpg",
        "./before/a.jpg",
        "./reflection/a.png",
    ]
    assert all(image["loading"] == "lazy" and image["alt"] for image in page.images())
    assert ("input", "range") in [(tag, attributes.get("type")) for tag, attributes in page.tags]
    assert "./a_clean.tif" in page.links()


def test_without_a_before_there_is_one_picture_and_no_slider(tmp_path: Path) -> None:
    page = make(tmp_path, ("proof/a.jpg", "transmission", 10))
    assert len(page.images()) == 1
    assert "input" not in [tag for tag, _ in page.tags]


def test_the_lightest_picture_that_browsers_show_is_taken(tmp_path: Path) -> None:
    page = make(
        tmp_path, ("a.tif", "transmission", 1), ("a.png", "transmission", 50), ("a.jpg", "transmission", 5)
    )
    assert [image["src"] for image in page.images()] == ["./a.jpg"]


def test_a_result_that_is_gone_is_not_linked(tmp_path: Path) -> None:
    gone = Written(path="gone.jpg", role="transmission", size=1)
    result = FrameResult(source="/a.nef", status=Status.DONE, outputs=(gone,))
    assert Page(write_report(tmp_path, [result], "window")).links() == []


def test_hostile_names_are_text_and_their_links_lead_to_the_files(tmp_path: Path) -> None:
    names = [f"{HOSTILE}.jpg".replace("/", ""), "javascript:alert(1).jpg"]
    outputs = [(name, role, 3) for name, role in zip(names, ("transmission", "reflection"), strict=True)]
    entry = TrailEntry(stage="x", parameters={"a": HOSTILE}, seconds=0, device="cpu", notes=(HOSTILE,))
    page = make(tmp_path, *outputs, source=f"/shoot/{HOSTILE}", reason=HOSTILE, trail=(entry,))
    assert {image.get("onerror") for image in page.images()} == {None}
    assert page.text.count(HOSTILE) >= 4
    for link in page.links():
        assert urlsplit(link).scheme == ""
        assert (tmp_path / unquote(link)).is_file()


def test_names_that_are_not_text_are_linked_by_their_bytes(tmp_path: Path) -> None:
    page = make(tmp_path, ("\udcff.jpg", "transmission", 3))
    assert set(page.links()) == {"./%FF.jpg"}
    assert "\ufffd.jpg" in page.text


def test_the_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    page = make(tmp_path, ("a.jpg", "transmission", 3))
    assert all(link.startswith("./") for link in page.links())
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe")]


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
    for words in ("1 frame, 1 failed", "too dark", "exposure: auto", "+1.3 EV", "reflection 0.1235", "2.0 s"):
        assert words in page.text


def test_the_heading_counts_failed_and_flagged_frames_and_leads_to_them(tmp_path: Path) -> None:
    results = [
        FrameResult(source="/shoot/a.nef", status=Status.DONE, scores={"drift": 0.01}),
        FrameResult(source="/shoot/b.nef", status=Status.DONE, scores={"drift": 0.2, FLAGGED: 1.0}),
        FrameResult(source="/shoot/c.nef", status=Status.FAILED, reason="broken"),
    ]
    page = Page(write_report(tmp_path, results, "window"))
    assert "3 frames, 1 failed, 1 flagged" in page.text
    assert [url for url in page.links() if url.startswith("#")] == ["#frame-2", "#frame-3"]
    kinds = {attributes["id"]: attributes["class"] for tag, attributes in page.tags if tag == "section"}
    assert kinds == {"frame-1": "frame done", "frame-2": "frame done flagged", "frame-3": "frame failed"}
    good = Page(write_report(tmp_path, results[:1], "window"))
    assert "1 frame\n" in good.text
    assert not [url for url in good.links() if url.startswith("#")]


def test_frames_are_in_natural_order(tmp_path: Path) -> None:
    results = [FrameResult(source=f"/s/IMG_{n}.nef", status=Status.DONE) for n in (10, 9, 1)]
    page = Page(write_report(tmp_path, results, "window"))
    places = [page.text.index(f"IMG_{n}.nef") for n in (1, 9, 10)]
    assert places == sorted(places)


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
