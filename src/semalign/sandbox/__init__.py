"""Where untrusted programs run: isolated, limited, and gone without a trace of their own."""
