"""What pages are made of: texts, charts, feeds, citations, and the read models of single pages."""
