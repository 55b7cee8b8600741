"""The page in a headless Chromium, which is spoken to over a pipe with the Chrome DevTools Protocol."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np
import pytest

from unveil.pipeline.frame import TrailEntry
from unveil.pipeline.report import write_report
from unveil.pipeline.results import FLAGGED, FrameResult, Status, Written

PATIENCE = 60.0
"""Seconds for one answer, on a machine with much else to do."""
KEYS = {"ArrowRight": 39, "End": 35, "Enter": 13, "Escape": 27, "n": 78}
NAMES = "[...document.querySelectorAll('.tile .name')].map(name => name.textContent)"
ROLES = (("transmission", "proof"), ("blended", "before"), ("reflection", "reflection"))


class Browser:
    """One page in a browser."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader, self._writer = reader, writer
        self._pending = b""
        self._number, self._session = 0, ""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that come meanwhile are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self.events.append(answer)

    def go(self, url: str) -> None:
        """Load a page, also one that is there already, and wait until it is there."""
        for address in ("about:blank", url):
            self.events.clear()
            self.call("Page.navigate", url=address)
            while not any(event["method"] == "Page.loadEventFired" for event in self.events):
                self.events.append(self._read())

    def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and let go of a key."""
        known = {"key": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **known)
        self.settle()

    def click(self, x: float, y: float) -> None:
        """Press and let go of the left button of the mouse at a place in the window."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn, and the pictures that are wanted are there."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def requests(self) -> list[str]:
        """Return the URLs that were asked for since `go`."""
        self.run("0")
        sent = [e for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [str(event["params"]["request"]["url"]) for event in sent]

    def errors(self) -> list[dict[str, Any]]:
        """Return what the page complained about since `go`."""
        self.run("0")
        return [e for e in self.events if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]

    def _read(self) -> dict[str, Any]:
        end = monotonic() + PATIENCE
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._reader], [], [], max(0.0, end - monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._reader, 1 << 20)
            assert data, "the browser is gone"
            self._pending += data
        first, self._pending = self._pending.split(b"\0", 1)
        return dict(json.loads(first))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a browser with a window of 1200 x 800; skip where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium")
    user = tmp_path_factory.mktemp("browser")
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    options = (
        f"--headless --no-sandbox --disable-gpu --no-first-run --window-size=1200,800 --user-data-dir={user}"
    )
    command = f'exec "{program}" {options} --remote-debugging-pipe 3<&{to_read} 4>&{from_write}'
    process = subprocess.Popen(
        ["bash", "-c", command], pass_fds=(to_read, from_write), stderr=subprocess.DEVNULL
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Browser(from_read, to_write)
    finally:
        os.close(to_write)
        process.terminate()
        process.wait(PATIENCE)
        os.close(from_read)


def frame(folder: Path, number: int, **more: Any) -> FrameResult:
    """Return a frame with three small pictures, which are written."""
    outputs = []
    for value, (role, below) in enumerate(ROLES, 1):
        path = f"{below}/IMG_{number}.jpg"
        (folder / below).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / path), np.full((40, 60, 3), 60 * value, np.uint8))
        outputs.append(Written(path=path, role=role, size=(folder / path).stat().st_size))
    entry = TrailEntry(
        stage="tone", parameters={"exposure": "auto"}, seconds=1, device="cpu", notes=("+1.3 EV",)
    )
    values: dict[str, Any] = {"status": Status.DONE, "outputs": tuple(outputs), "trail": (entry,), **more}
    return FrameResult(source=f"/shoot/IMG_{number}.nef", **values)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of four frames; the second failed and the third is flagged."""
    folder = tmp_path_factory.mktemp("shoot with spaces #1")
    results = [
        frame(folder, 9, seconds=3.0, scores={"reflection": 0.02}),
        frame(folder, 10, seconds=1.0, status=Status.FAILED, reason="too <b>dark</b>", outputs=(), trail=()),
        frame(folder, 11, seconds=4.0, scores={"reflection": 0.3, FLAGGED: 1.0}),
        frame(folder, 12, seconds=2.0, scores={"reflection": 0.1}, status=Status.SKIPPED, reason="is there"),
    ]
    return write_report(folder, results, "window").as_uri()


def choose(browser: Browser, field: str, value: str) -> list[str]:
    """Set a field of the form as a person does, and return the frames that are shown."""
    attribute = "checked" if value in ("true", "false") else "value"
    script = f"field.{attribute} = {value if attribute == 'checked' else json.dumps(value)}"
    browser.run(f"""{{ const field = document.getElementById("{field}"); {script};
        field.dispatchEvent(new Event("input", {{bubbles: true}})); }}""")
    return [name.removeprefix("IMG_").removesuffix(".nef") for name in browser.run(NAMES)]


def test_frames_are_sorted(browser: Browser, page: str) -> None:
    browser.go(page)
    assert choose(browser, "sort", "name") == ["9", "10", "11", "12"]
    assert choose(browser, "sort", "score") == ["9", "12", "11", "10"]
    assert choose(browser, "down", "true") == ["11", "12", "9", "10"]
    assert choose(browser, "sort", "seconds") == ["11", "9", "12", "10"]
    assert choose(browser, "down", "false") == ["10", "12", "9", "11"]
    assert choose(browser, "sort", "status") == ["10", "11", "9", "12"]
    assert browser.errors() == []


def test_frames_are_filtered(browser: Browser, page: str) -> None:
    browser.go(page)
    assert choose(browser, "status", "skipped") == ["12"]
    assert choose(browser, "status", "") == ["9", "10", "11", "12"]
    assert choose(browser, "flagged", "true") == ["11"]
    assert browser.run("document.getElementById('count').textContent") == "1 of 4 shown"
    assert choose(browser, "flagged", "false") == ["9", "10", "11", "12"]
    assert choose(browser, "find", "TOO <b>") == ["10"]
    assert choose(browser, "find", "+1.3 ev") == ["9", "11", "12"]
    browser.run("document.getElementById('show-failed').click()")
    assert browser.run(NAMES) == ["IMG_10.nef"]
    browser.run("document.getElementById('show-flagged').click()")
    assert browser.run(NAMES) == ["IMG_11.nef"]


def test_the_slider_moves_by_mouse_and_by_keys(browser: Browser, page: str) -> None:
    browser.go(page + "#frame-1")
    at = "getComputedStyle(document.querySelector('.compare')).getPropertyValue('--at')"
    assert browser.run(at) == "50%"
    box = browser.run("document.querySelector('.compare').getBoundingClientRect().toJSON()")
    browser.click(box["left"] + box["width"] * 0.8, box["top"] + box["height"] / 2)
    moved = float(browser.run(at).removesuffix("%"))
    assert moved == pytest.approx(80, abs=2)
    browser.press("ArrowRight")
    assert float(browser.run(at).removesuffix("%")) > moved
    clip = browser.run("getComputedStyle(document.querySelector('.over')).clipPath")
    assert clip != "none"


def test_a_frame_is_opened_left_and_followed_by_keys(browser: Browser, page: str) -> None:
    browser.go(page)
    browser.run("document.querySelector('.tile').focus()")
    browser.press("ArrowRight")
    browser.press("Enter")
    name = "document.getElementById('frame-name').textContent"
    assert browser.run("[document.getElementById('frame').open, location.hash]") == [True, "#frame-2"]
    assert browser.run("document.querySelector('.reason').textContent") == "too <b>dark</b>"
    browser.press("n")
    assert browser.run(name) == "IMG_11.nef"
    for words in ("reflection 0.3", "exposure: auto", "+1.3 EV", "proof/IMG_11.jpg"):
        assert words in browser.run("document.getElementById('frame-body').textContent")
    browser.press("Escape")
    assert browser.run("[document.getElementById('frame').open, location.hash]") == [False, ""]
    assert browser.run("document.activeElement.querySelector('.name').textContent") == "IMG_11.nef"


def test_a_frame_shows_its_pictures_and_histograms(browser: Browser, page: str) -> None:
    browser.go(page + "#frame-3")
    loaded = """Promise.all([...document.querySelectorAll("#frame img")].map(image => image.decode()
        .then(() => [image.src.split("/").at(-2), image.naturalWidth])))"""
    assert browser.run(loaded) == [["proof", 60], ["before", 60], ["reflection", 60]]
    curves = "[...document.querySelectorAll('.histogram')].map(h => [h.ariaLabel, h.children.length])"
    assert browser.run(curves) == [["Histogram before", 3], ["Histogram after", 3]]
    assert browser.errors() == []


def test_a_page_of_2000_frames_loads_with_few_pictures(browser: Browser, tmp_path: Path) -> None:
    first = frame(tmp_path, 0)
    results = [first]
    for number in range(1, 2000):
        outputs = []
        for written in first.outputs:
            path = written.path.replace("IMG_0", f"IMG_{number}")
            os.link(tmp_path / written.path, tmp_path / path)
            outputs.append(replace(written, path=path))
        results.append(replace(first, source=f"/shoot/IMG_{number}.nef", outputs=tuple(outputs)))
    browser.go(write_report(tmp_path, results, "window").as_uri())
    browser.settle()
    assert browser.run("frames.length") == 2000
    assert 10 < browser.run("document.querySelectorAll('.tile').length") < 100
    pictures = [url for url in browser.requests() if url.endswith((".webp", ".jpg"))]
    assert len(pictures) < 100
    browser.run("document.querySelector('.tile').focus()")
    browser.press("End")
    assert browser.run("document.activeElement.querySelector('.name').textContent") == "IMG_1999.nef"
    assert browser.run("document.querySelectorAll('.tile').length") < 100
    assert browser.errors() == []
