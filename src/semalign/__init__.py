"""semalign runs programs, traces what every variable became, and says where two of them stop meaning the same."""

__version__ = "0.1.0"
