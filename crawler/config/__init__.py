"""The configuration file and the profiles of supported sites."""
