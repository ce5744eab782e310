"""What a program can hold: values, their types, and when two of them are the same."""
