"""What `semalign diff` prints."""

import io

import pytest
from rich.console import Console

from semalign.systems.translation.verdict import Verdict
from semalign.systems.translation.views import words
from semalign.systems.translation.views.terminal import render
from tests.systems.translation import view_samples

DIVERGENT = """\

 ✗ Divergent  The source returns 6442455650, the target 9.

          best_run.py  Python                            BestRun.java  Java
     4 1  def best_run(a, k):                       2 1  static int bestRun(int[] a, int k) {
     5 2      best = 0                              3 2      int best = 0, total = 0;
     6        total = 0
     7 3      for x in a:                           4 3      for (int i = 0; i < a.length; i++) {
   ▶ 8 4          total += x * x                  ▶ 5 4          total += a[i] * a[i];
     9 5          if total > best:                  6 5          if (total > best) {
    10 6              best = total                  7 6              best = total;
                                                    8            }
                                                    9        }
    11 7      return best % k                      10 7      return best % k;
                                                   11    }

 at        total
 expected  2147488290
 actual    -2147479006

 smallest input  a = [3, 46341, 8, 65536]
                 k = 10000000000
 source gives    6442455650
 target gives    9

    lines  what       why                                               sure
 1  8 → 5  block      Equal states before it, another total behind it.  97 %
 2  9 → 6  condition  The condition holds in the source only.           31 %

 tried    214 inputs, 212 in domain, 171 agree
 entered  source 7 of 7 blocks, target 7 of 7 blocks
 assumed  k != 0
          len(a) >= 1
 note     An intermediate value of i has no counterpart in the source.

"""


def text(verdict: Verdict, width: int = 100, *, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, color_system="256" if colour else None)
    console.print(render(verdict, width=width))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def test_a_divergence_is_told_in_one_screen() -> None:
    assert text(view_samples.divergent()) == DIVERGENT


def test_programs_stand_above_each_other_where_columns_are_few() -> None:
    lines = text(view_samples.divergent(), 70).splitlines()
    assert max(map(len, lines)) <= 70
    heads = [k for k, line in enumerate(lines) if "best_run.py" in line or "BestRun.java" in line]
    assert len(heads) == 2
    assert "        total += a[i] * a[i];" in "\n".join(lines)


@pytest.mark.parametrize("width", [40, 84, 100, 200])
@pytest.mark.parametrize("name", ["divergent", "equivalent", "undecided", "hostile", "long"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for line in text(getattr(view_samples, name)(), width).splitlines():
        assert len(line) <= width


def test_an_equivalence_blames_nothing_and_says_how_sure_it_is() -> None:
    told = text(view_samples.equivalent())
    assert "✓ Equivalent  Equal on 312 inputs." in told
    assert "an input  a = [3, 1, 4, 1, 5]" in told
    assert "19 of 20 planted faults caught" in told
    assert "expected" not in told
    assert "▶" not in told


def test_an_undecided_verdict_says_why() -> None:
    told = text(view_samples.undecided())
    assert "? Undecided  The type of parameter a is not known" in told
    assert "entered" not in told


def test_a_program_cannot_steer_the_terminal() -> None:
    told = text(view_samples.hostile(), colour=True)
    assert "\x1b]" not in told
    assert "\x07" not in told
    assert "\u202e" not in told
    assert "[bold]markup[/bold]" in told
    assert "\x1b[31m[red]" not in told


def test_a_long_function_is_cut_to_what_surrounds_the_blame() -> None:
    lines = text(view_samples.long()).splitlines()
    assert len(lines) <= 50
    assert any("▶ 60" in line for line in lines)
    assert sum("⋮" in line for line in lines) == 2


def test_colour_is_left_out_where_there_is_no_terminal() -> None:
    assert "\x1b[" not in text(view_samples.divergent())
    assert "\x1b[" in text(view_samples.divergent(), colour=True)


def test_blocks_are_called_by_their_lines() -> None:
    verdict = view_samples.divergent()
    told = words.told("if best_run:2.for:1.if is not Main.bestRun:2.for:1.if.then:0.", verdict)
    assert told == "If line 9 of the source is not line 7 of the target."
    assert words.told("best_run:99 and aMain.bestRun:3", verdict) == "best_run:99 and aMain.bestRun:3"
    assert words.told("totalSum differs", verdict) == "totalSum differs"


def test_the_command_names_both_functions_and_survives_a_shell() -> None:
    assert words.command(view_samples.divergent()) == (
        "semalign diff best_run.py BestRun.java --function best_run:Main.bestRun --seed 7"
    )
    assert "'</script><img src=x onerror=alert(1)><!--.py'" in words.command(view_samples.hostile())
