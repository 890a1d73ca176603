"""Measures the portal against its own targets: `make bench`, or `python -m bench --help`.

Nothing here is imported by the portal. The bench has its own settings, database and folders.
"""
