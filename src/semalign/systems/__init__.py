"""One package a system; they do not know each other."""
