"""Guest runtimes, one a language; they run beside the traced program and import nothing of ours."""
