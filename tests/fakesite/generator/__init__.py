"""How the invented newspaper comes to its words: articles, threads, and the chance behind them."""
