"""What runs inside the wall for the judge; imports nothing of ours."""
