"""The entries of the table, a module a theme or two. Importing this enters them all."""

from . import activity, evasion, jobs, kept, neighbours, ways_in  # noqa: F401
