"""Rules as data: facts, conditions, formulas, and the best combination of what they give.

Pure Python: nothing here asks the database or knows Django, except `database`, which compiles a
condition to a query. See docs/adr/0011.
"""
