"""The pages, as text: what they hold, what they load (nothing), and that no program can leave its place in them."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from semalign.alignment.variables import Pair
from semalign.systems.translation.verdict import Answer, Pairing
from semalign.systems.translation.views import player as players
from semalign.systems.translation.views.code import code_lines, partners
from semalign.systems.translation.views.index_page import Row, index, row
from semalign.systems.translation.views.page import page
from semalign.systems.translation.views.player import DIFFERENT, OPEN, SAME, Player, player
from semalign.systems.translation.views.steps import Half, Step, steps
from semalign.traces.trace import Event, EventKind, Frame, Trace
from semalign.values.model import Int
from tests.systems.translation import view_samples

NAMES = ["divergent", "equivalent", "undecided", "hostile", "long"]
TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "section", "div"),
        *("p", "span", "b", "i", "h1", "h2", "dl", "dt", "dd", "ul", "ol", "li", "code", "mark", "small", "strong"),
        *("table", "thead", "tbody", "tr", "th", "td", "button", "input", "output", "svg", "rect", "a"),
        *("figure", "figcaption"),
    )
)


class Page(HTMLParser):
    """The elements of a page, and its data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.parts: dict[str, list[str]] = {}
        self._at = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._at = f"{tag}#{dict(attrs).get('id', '')}"

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, data: str) -> None:
        self.parts.setdefault(self._at, []).append(data)

    def inside(self, where: str) -> str:
        return "".join(self.parts[where])


def pages() -> dict[str, str]:
    made = {name: page(getattr(view_samples, name)()) for name in NAMES}
    made["index"] = index([row(getattr(view_samples, name)(), link=f"{name}.html") for name in NAMES])
    return made


@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_a_page_loads_nothing(name: str) -> None:
    text = pages()[name]
    assert not re.search(r"url\(|@import|//[a-z0-9]|<link|<img|<iframe|<object", text.replace("\\u003c", ""))
    for tag, attributes in Page(text).elements:
        assert tag in TAGS
        assert not {"src", "srcset", "style", "data", "action"} & attributes.keys()
        assert not [key for key in attributes if key.startswith("on")]
        assert "://" not in (attributes.get("href") or "")


@pytest.mark.parametrize("name", [*NAMES, "index"])
def test_only_our_own_style_and_script_are_allowed(name: str) -> None:
    text = pages()[name]
    parsed = Page(text)
    (policy,) = (a["content"] for tag, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for where in ("style#", "script#"):
        digest = base64.b64encode(hashlib.sha256(parsed.inside(where).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_a_program_cannot_leave_its_place() -> None:
    for text in (page(view_samples.hostile()), index([row(view_samples.hostile(), link="javascript:alert(1)")])):
        assert "<img" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert text.count("</script>") == 2
        assert not [a["href"] for tag, a in Page(text).elements if tag == "a" and ":" in (a["href"] or "")]
    data = json.loads(Page(page(view_samples.hostile())).inside("script#data"))
    assert view_samples.HOSTILE in json.dumps(data).replace('\\"', '"')


def test_a_page_can_be_written_even_of_lone_surrogates() -> None:
    verdict = dataclasses.replace(view_samples.divergent(), reason="\ud800", notes=("\udfff",))
    page(verdict).encode("utf-8")


def test_a_page_holds_the_whole_case() -> None:
    text = page(view_samples.divergent())
    for said in (
        "Divergent",
        "The source returns 6442455650, the target 9.",
        "<mark>2147488290</mark>",
        "<mark>-2147479006</mark>",
        "[3, 46341, 8, 65536]",
        "97 %",
        "k != 0",
        "212 in domain",
        "An intermediate value of i",
        "First difference",
        "<span>--seed</span> <span>7</span>",
    ):
        assert said in text
    blamed = [a["data-line"] for _, a in Page(text).elements if "blamed" in (a.get("class") or "").split()]
    assert blamed == ["8", "5"]


def test_a_page_without_traces_says_so() -> None:
    text = page(view_samples.divergent(traced=False))
    assert "No run was traced" in text
    assert 'id="slider"' not in text
    assert "No input was run" in page(view_samples.undecided())


def test_an_equal_pair_has_no_jump() -> None:
    text = page(view_samples.equivalent())
    assert 'id="jump"' not in text
    assert 'id="slider"' in text
    assert "Where they part" not in text


def replayed(**changes: Any) -> Player:
    verdict = dataclasses.replace(view_samples.divergent(), **changes)
    found = player(verdict, partners(verdict.source, verdict.target, verdict.pairing))
    assert found
    return found


def test_the_replay_stops_where_the_values_part() -> None:
    found = replayed()
    moment = found.moments[found.first]
    assert moment.lines == (8, 5)
    assert moment.words == ("in iteration 2", "in iteration 2")
    names = [(r.source, r.target) for r in found.rows]
    assert names == [("a", "a"), ("k", "k"), ("best", "best"), ("total", "total"), ("x", ""), ("", "i")]
    assert [cell[2] for cell in moment.cells] == [SAME, SAME, SAME, DIFFERENT, OPEN, OPEN]
    assert all(m.state == SAME for m in found.moments[: found.first])


def test_a_step_that_one_side_skips_leaves_the_other_waiting() -> None:
    alone = [m for m in replayed().moments if -1 in m.blocks]
    assert [(m.lines, m.words) for m in alone] == [((10, 0), (f"in iteration {k}", "")) for k in (2, 3, 4)]


def test_without_paired_blocks_nothing_is_compared() -> None:
    found = replayed(pairing=Pairing())
    assert not found.paired
    assert found.first == -1
    assert {cell[2] for m in found.moments for cell in m.cells} == {OPEN}
    assert any("without being compared" in note for note in found.notes)


def test_long_runs_are_thinned_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(players, "MAX_STEPS", 9)
    found = replayed()
    assert len(found.moments) <= 9
    assert found.moments[found.first].lines == (8, 5)
    assert found.n_steps == 19
    assert any("too many" in note for note in found.notes)


def test_the_same_program_differs_nowhere() -> None:
    verdict = view_samples.equivalent()
    found = player(verdict, partners(verdict.source, verdict.target, verdict.pairing))
    assert found
    assert found.first == -1
    assert {m.state for m in found.moments} == {SAME}


def test_a_constant_offset_is_no_difference() -> None:
    def counted(start: int) -> Trace:
        events = [Event(EventKind.ITERATE, "f:2.for", 0, (k,), (("i", Int(k + start)),)) for k in range(5)]
        return Trace(events=tuple(events), frames=(Frame(0, "f"),))

    verdict = view_samples.divergent()
    assert verdict.smallest
    names = ("best_run", "Main.bestRun")
    runs = [
        dataclasses.replace(
            run,
            trace=Trace(
                events=tuple(
                    dataclasses.replace(event, block=event.block.replace("f:", f"{name}:"))
                    for event in counted(start).events
                ),
                frames=(Frame(0, name),),
            ),
        )
        for run, name, start in zip((verdict.smallest.source,) * 2, names, (0, 1), strict=True)
    ]
    pairing = dataclasses.replace(verdict.pairing, variables=(Pair(source="i", target="i", confidence=0.8),))
    found = replayed(
        pairing=pairing,
        blames=(),
        smallest=dataclasses.replace(verdict.smallest, source=runs[0], target=runs[1]),
    )
    assert found.rows[0].offset == 1
    assert {m.state for m in found.moments} == {SAME}


def test_events_pair_by_index_and_keep_their_order() -> None:
    verdict = view_samples.divergent()
    pairs = partners(verdict.source, verdict.target, verdict.pairing)
    one = view_samples.trace([1, 2], 3, java=False)
    other = view_samples.trace([1, 2, 3], 3, java=True)
    found = steps(Half(one, verdict.source.outline, pairs.source), Half(other, verdict.target.outline, pairs.target))
    assert [s.source for s in found if s.source is not None] == list(range(len(one.events)))
    assert [s.target for s in found if s.target is not None] == list(range(len(other.events)))
    assert sum(s.paired for s in found) == len(one.events)
    assert found[-1] == Step(len(one.events) - 1, len(other.events) - 1)


def test_a_step_may_stand_on_one_side_alone() -> None:
    verdict = view_samples.divergent()
    half = Half(view_samples.trace([1], 3, java=False), verdict.source.outline, {})
    assert steps(half, None) == tuple(Step(k, None) for k in range(len(half.trace.events)))
    assert steps(None, None) == ()


def test_deep_recursion_is_paired_frame_by_frame() -> None:
    n = 3_000
    frames = tuple(Frame(k, "f", k - 1, (), 0, k) for k in range(n))
    events = tuple(Event(EventKind.ENTER, "best_run:0", k) for k in range(n))
    verdict = view_samples.divergent()
    half = Half(Trace(events=events, frames=frames), verdict.source.outline, {0: 1})
    assert steps(half, half) == tuple(Step(k, k) for k in range(n))


def test_lines_keep_their_numbers_and_blocks_whatever_the_encoding() -> None:
    lines = code_lines(view_samples.long().source)
    assert lines[0].text == "def f(größe_0):"
    assert lines[60].number == 61
    assert {block for line in lines for block in line.blocks} == {0, 1}
    java = code_lines(view_samples.java_side())
    assert [line.blocks for line in java if line.number == 5] == [(3,)]


def test_the_index_counts_and_puts_first_what_needs_a_look() -> None:
    text = index(
        [
            Row(name="same", languages="Python → C++", answer=Answer.EQUIVALENT, reason="", wall_s=1.0),
            Row(name="other", languages="Python → C++", answer=Answer.DIVERGENT, reason="<b>", link="a b.html"),
        ]
    )
    assert text.index(">other<") < text.index(">same<")
    assert "<b>1</b> divergent" in text
    assert "undecided</button>" not in text
    assert "&lt;b&gt;" in text
    assert 'href="a%20b.html"' in text
    assert "2 pairs, 1.0 s" in text
