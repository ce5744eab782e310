"""The `semalign` command: parse, build one config, call one function, turn our errors into exit codes."""

from semalign.cli.main import main

__all__ = ["main"]
