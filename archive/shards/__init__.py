"""Many archives as one: generations, index and merged search."""
