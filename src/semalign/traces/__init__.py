"""What happened: blocks of source, events over values, and traces of them."""
