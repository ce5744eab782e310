"""Prints the seeded faults of one program: `python -m benchmarks.faults --help`."""

import argparse
from pathlib import Path

from semalign.languages import language_of
from semalign.languages.faults import faults


def main() -> None:
    """Print the faults of one file."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults",
        description="Print every seeded fault of a file, a line each.",
        epilog="example: python -m benchmarks.faults examples/gcd.py",
    )
    parser.add_argument("file", type=Path, help="a .py, .java or .cpp file")
    path = parser.parse_args().file
    source = path.read_text(encoding="utf-8")
    for fault in faults(language_of(path).name, source, 0, len(source.encode())):
        print(f"{fault.line:4} {fault.kind:18} {fault.old!r} -> {fault.new!r}")


if __name__ == "__main__":
    main()
