"""The dispatcher of runs, its child processes and systemd units."""
