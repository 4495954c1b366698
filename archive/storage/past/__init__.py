"""The past by other witnesses: what their captures tell of articles and comments, derived anew with each."""
