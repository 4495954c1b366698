"""Audits of completeness by REST and by pages."""
