"""Templates written one by one, each of another kind, beside what the grammars of rules make: the syntax is that of `grammar.py`.

A package for each subject joins what several hands wrote that saw neither each other's nor what measures: before one is
learnt, it tells how well the model holds that the others taught. `eighth`, with `texts/records_eighth.py`, is not learnt yet
and only measures (`unlearnt.py`); to learn from one, join it in the packages.
"""
