"""Deterministic drills: the kernel under a virtual clock, in a world that responds."""
