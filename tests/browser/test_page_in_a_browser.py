"""The pages where they are read: in a browser, from a disk, with no network."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semalign.systems.translation.views.index_page import index, row
from semalign.systems.translation.views.page import page
from tests.systems.translation import view_samples

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

Browser = Any  # of playwright, which may be missing where types are checked

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
NAMES = ["divergent", "equivalent", "undecided", "hostile", "long"]


def chromium() -> str | None:
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("SEMALIGN_CHROMIUM") or next(filter(None, found), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no chromium on the path; install the package chromium")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield started
        started.close()


class Reader:
    """A page opened from a file, and everything it asked for or complained about."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1400, scheme: str = "light") -> None:
        self.path = path
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.tab = self.context.new_page()
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.tab.on("console", lambda message: self.problems.append(message.text))
        self.tab.on("pageerror", lambda error: self.problems.append(str(error)))
        self.tab.on("dialog", self._dialog)
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto(path.as_uri())

    def _dialog(self, dialog: Any) -> None:
        self.problems.append("dialog")
        dialog.dismiss()

    def close(self) -> None:
        """Raises AssertionError when the page asked for anything but itself, or complained."""
        self.context.close()
        assert self.problems == []
        assert self.requests == [self.path.as_uri()]

    def now(self) -> list[str]:
        """The lines of the block that each side stands on."""
        selector = '.pane[data-side="{}"] .line.now'
        return [
            ",".join(self.tab.locator(selector.format(side)).evaluate_all("all => all.map(e => e.dataset.line)"))
            for side in ("source", "target")
        ]

    def row(self, name: str) -> list[str]:
        """The cells of one variable, those that are marked in «»."""
        return list(
            self.tab.evaluate(
                """name => {
                  const row = [...document.querySelectorAll("#variables tbody tr")]
                    .find(row => row.children[0].firstChild.textContent.trim() === name);
                  return [1, 2].map(k => row.children[k].querySelector("mark")
                    ? `«${row.children[k].textContent}»` : row.children[k].textContent);
                }""",
                name,
            )
        )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.html").write_text(page(getattr(view_samples, name)()), encoding="utf-8")
    rows = [row(getattr(view_samples, name)(), name=name, link=f"{name}.html") for name in NAMES]
    (tmp_path / "index.html").write_text(index(rows), encoding="utf-8")
    return tmp_path


def test_the_slider_the_keys_and_the_jump_step_through_both_programs(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "divergent.html")
    assert reader.now() == ["8", "5"]  # it opens where the programs part
    reader.tab.locator("#slider").fill("0")
    assert reader.now() == ["4", "2"]
    assert reader.row("a") == ["[3, 46341, 8, 65536]"] * 2
    assert reader.row("total") == ["", ""]
    reader.tab.locator("#slider").fill("3")
    assert (reader.now(), reader.row("total")) == (["8", "5"], ["9", "9"])
    reader.tab.locator("body").press("ArrowRight")
    assert reader.now() == ["9", "6"]
    reader.tab.locator("#slider").press("ArrowLeft")
    assert reader.now() == ["8", "5"]
    reader.tab.locator("#jump").click()
    assert reader.row("total") == ["«2147488290»", "«-2147479006»"]
    assert reader.row("best") == ["9", "9"]
    assert reader.tab.locator("#count").inner_text() == "8 of 19"
    reader.tab.locator("#next").click()
    assert reader.tab.locator("#said-source").inner_text() == "condition is true"
    assert reader.tab.locator("#said-target").inner_text() == "condition is false"
    reader.tab.locator("#next").click()
    assert reader.now() == ["10", "6"]  # the target waits where it was
    assert reader.tab.locator("#said-target").inner_text() == "waits"
    reader.close()


def test_play_runs_to_the_end(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "divergent.html")
    reader.tab.locator("#slider").fill("16")
    reader.tab.locator("#play").click()
    sync_api.expect(reader.tab.locator("#count")).to_have_text("19 of 19")
    sync_api.expect(reader.tab.locator("#play")).to_have_attribute("aria-pressed", "false")
    assert reader.now() == ["11", "10"]
    reader.close()


def test_a_block_lights_its_partner_under_pointer_and_keyboard(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "divergent.html")
    reader.tab.locator('.pane[data-side="source"] .line[data-line="7"] code').hover()
    lit = "all => all.map(e => e.dataset.line)"
    assert reader.tab.locator(".line.lit").evaluate_all(lit) == ["7", "4"]
    reader.tab.locator('.pane[data-side="target"] .line[data-line="10"] .chip').focus()
    assert reader.tab.locator(".line.lit").evaluate_all(lit) == ["11", "10"]
    reader.close()


def test_a_click_on_a_blame_goes_there(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "divergent.html")
    reader.tab.locator("[data-blame='1']").click()
    assert reader.now() == ["9", "6"]
    assert reader.tab.locator("#said-target").inner_text() == "condition is false"
    reader.tab.locator("[data-blame='0']").click()
    assert reader.now() == ["8", "5"]
    reader.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_nothing_overflows_and_nothing_is_loaded(
    browser: Browser, written: Path, name: str, width: int, scheme: str
) -> None:
    reader = Reader(browser, written / f"{name}.html", width=width, scheme=scheme)
    assert reader.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert reader.tab.title()
    reader.close()


def test_a_long_function_opens_at_the_blamed_line(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "long.html")
    assert reader.tab.evaluate(
        """() => {
          const code = document.querySelector(".code").getBoundingClientRect();
          const line = document.querySelector('[data-line="60"]').getBoundingClientRect();
          return line.top >= code.top && line.bottom <= code.bottom;
        }"""
    )
    reader.close()


def test_the_index_sorts_filters_and_leads_to_the_pages(browser: Browser, written: Path) -> None:
    reader = Reader(browser, written / "index.html")
    names = "all => all.filter(e => !e.parentElement.parentElement.hidden).map(e => e.textContent)"
    cells = reader.tab.locator("tbody td:first-child b")
    assert cells.evaluate_all(names) == ["divergent", "hostile", "long", "undecided", "equivalent"]
    reader.tab.get_by_role("button", name="pair").click()
    assert cells.evaluate_all(names) == sorted(NAMES)
    reader.tab.get_by_role("button", name="pair").click()
    assert cells.evaluate_all(names) == sorted(NAMES, reverse=True)
    reader.tab.get_by_role("button", name="3 divergent").click()
    assert cells.evaluate_all(names) == ["long", "hostile", "divergent"]
    link = reader.tab.get_by_role("link", name="divergent").evaluate("e => e.href")
    assert link == (written / "divergent.html").as_uri()
    reader.close()
