"""The numbers of a refused text, by which the articles of a series differ that say the same words."""

SQL = "ALTER TABLE refused_texts ADD COLUMN numbers TEXT"
