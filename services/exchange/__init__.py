"""The catalogue as a workbook in the shape of a provincial list (实施清单): out, checked, and in.

`columns` says what stands in which column, both ways; `export` writes; `reading` turns a workbook into
rows; `planning` says what those rows would change; `applying` does it.
"""
