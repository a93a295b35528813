"""Templates written one by one, each of another kind, beside what the grammars of rules make: the syntax is that of `grammar.py`.

A package for each subject joins what several hands wrote that saw neither each other's nor what measures: before one is
learnt, it tells how well the model holds that the others taught. `fourth`, `fifth` and `sixth`, and `texts/records_*.py` with
them, are not learnt yet and only measure (`unlearnt.py`); to learn from one, join it in the packages.
"""
