"""Adapters: what carries a plan's actions and messages out in the world.

``contract`` is what every adapter is; each other module is one of them. Plug-ins join by the
entry-point group ``armada.adapters``, each a name and a class as in ``contract.Adapter``.
"""
