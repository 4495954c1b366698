"""The past from captures of other witnesses, computed again with each capture."""
