"""Scripts that run inside the wall; they import nothing of ours."""
