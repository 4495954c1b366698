"""Exports: one module for each format, all of them on one selection.

`selection` says which rows are taken, `target` how a result takes its place; the modules `as_…` know
one form each and nothing of one another, but for `as_folder`, which holds an `as_db` of another kind,
and `as_wacz`, which holds an `as_warc`.
"""
