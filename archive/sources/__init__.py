"""Sources of an archive: moving one to another URL, renaming it, removing it."""
