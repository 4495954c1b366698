"""Answers to language models through the Model Context Protocol."""
