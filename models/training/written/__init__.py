"""Templates written one by one, each of another kind, beside what the grammars of rules make: the syntax is that of `grammar.py`."""
