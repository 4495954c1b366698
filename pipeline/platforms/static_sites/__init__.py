"""Generators of static sites, of which none has comments of its own."""
