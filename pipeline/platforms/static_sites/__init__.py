"""Generators of static sites, which have no comments of their own."""
