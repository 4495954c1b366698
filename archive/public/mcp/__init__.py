"""Questions of language models by the Model Context Protocol, and their answers."""
