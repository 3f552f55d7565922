"""Generated LALR tables, one module a grammar; ``python -m armada.dsl.tables`` writes them anew."""
