"""Two programs in, one verdict out: the lower half of code translation."""
