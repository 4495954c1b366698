"""Sources of an archive as a whole: moving one to another address, giving it another name, removing it."""
