"""Asks `semalign` in a process of its own, as users do, and takes its JSON."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEMALIGN = [sys.executable, "-m", "semalign.cli"]
LANGUAGES = {".py": ("python", "Python"), ".java": ("java", "Java"), ".cpp": ("cpp", "C++")}


def ask(*arguments: str, patience_s: float) -> Mapping[str, Any] | str:
    """What a command answers, or one line on why it does not."""
    try:
        said = subprocess.run(
            [*SEMALIGN, *arguments, "--json"], capture_output=True, text=True, check=False, timeout=patience_s
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {patience_s:.0f} s"
    try:
        told: Mapping[str, Any] = json.loads(said.stdout)
    except ValueError:
        last = (said.stderr.strip().splitlines() or ["nothing was said"])[-1]
        return f"exit code {said.returncode}: {last}"
    return told


def missing_tools() -> Mapping[str, str]:
    """By language, what this machine lacks to run it; "" for nothing."""
    told = ask("doctor", patience_s=120.0)
    if isinstance(told, str):
        raise SystemExit(f"semalign doctor: {told}")
    found: Mapping[str, str] = told["languages"]
    return found
