"""Pages that a script fills: a browser without a network, fed by our own requests."""
