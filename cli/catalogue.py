"""Every rule of every part of Armada, by its code."""

from __future__ import annotations

from ..compiler.rules import RULES as COMPILER
from ..dsl.codes import RULES as SYNTAX
from ..dsl.codes import Rule
from ..runtime.rules import RULES as RUNTIME
from ..simulator.rules import RULES as SIMULATOR

CATALOGUE: dict[str, Rule] = dict(sorted({**SYNTAX, **COMPILER, **SIMULATOR, **RUNTIME}.items()))
"""All rules in the order of their codes."""

BY_NAME: dict[str, str] = {rule.name: code for code, rule in CATALOGUE.items()}
"""The code of each rule by the rule's name."""
