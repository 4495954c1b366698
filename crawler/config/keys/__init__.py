"""Keys of each table of backissue.toml: models, checks and what the program makes of them."""
