"""Records, errors, timestamps, locks and the database connection, used by all other packages."""
