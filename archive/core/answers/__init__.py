"""Decode and parse a site's answers: charsets, faulty JSON and XML, walls, the readers' guard."""
