"""Which variables, blocks and events of two programs correspond, and where they first differ."""
