"""Parts of pages: texts, charts, feeds, citations, and the read models of single pages."""
