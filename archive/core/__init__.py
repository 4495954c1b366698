"""Records, errors, timestamps, locks and the database connection: what every other part builds on."""
