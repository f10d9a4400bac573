"""Exports of other programs, each in a module of its own: which columns they have, and what those mean in our words."""
