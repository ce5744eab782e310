"""Fixers that need no model: each looks at a draft and what it showed, and proposes patches."""
