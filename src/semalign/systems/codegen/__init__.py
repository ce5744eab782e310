"""CodeRL+: a code model learns to write programs, and to say what its own failed programs compute."""
