"""What people and tools see of a verdict: terminal, page, index of a batch, SARIF and JSON."""
