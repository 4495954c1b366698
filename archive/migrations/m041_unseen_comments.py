"""How many comments a page states and does not show, as replies below a hidden one."""

SQL = """
ALTER TABLE visits ADD COLUMN comments_unseen INTEGER
"""
