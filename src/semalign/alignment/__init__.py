"""Which variables, blocks and events of two programs correspond, and where they stop agreeing.

`align` pairs the two sides of a comparison; `localize` names the blocks where they part. Neither runs anything.
"""
