"""Templates written one by one, each of another kind, beside what the grammars of rules make: the syntax is that of `grammar.py`.

A package for each subject joins what several hands wrote that saw neither each other's nor what measures: before one is
learnt, it tells how well the model holds that the others taught. To learn from one, move its name.
"""

import importlib
import importlib.util

LEARNT = ("first", "further", "third", "fourth", "fifth", "sixth", "seventh")
"""The hands that training learns from."""
MEASURING = ("eighth",)
"""Those that only measure (`unlearnt.py`)."""


def of(package: str, module: str, constant: str = "TEMPLATES"):
    """What a hand wrote for a package (of `ordinary` by place); nothing where it wrote none."""
    name = f"written.{package}.{module}"
    return getattr(importlib.import_module(name), constant, ()) if importlib.util.find_spec(name) else ()


def joined(package: str, constant: str = "TEMPLATES", modules: tuple[str, ...] = LEARNT) -> tuple[str, ...]:
    """What several hands, those that are learnt from, wrote for a package; a fault where none of them wrote any."""
    found = tuple(template for module in modules for template in of(package, module, constant))
    if not found:
        raise LookupError(f"no {constant} in written/{package}")
    return found
