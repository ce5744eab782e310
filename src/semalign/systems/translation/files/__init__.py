"""Whole files: their parts, callees first; each translated and judged alone, then put together and run as a program."""
