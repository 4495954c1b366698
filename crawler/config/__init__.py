"""The configuration file and the configurations of known sites."""
