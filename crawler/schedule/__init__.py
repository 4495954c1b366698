"""Cron text and timetables."""
