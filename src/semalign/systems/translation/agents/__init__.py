"""The four agents: Translator, SyntaxFixer, Aligner and SemanticFixer; none of them runs what it writes."""
