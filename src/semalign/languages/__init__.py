"""Python, Java and C++: parse, outline, instrument, build, run, trace."""
