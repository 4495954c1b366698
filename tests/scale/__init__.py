"""What more sources need: unit costs, a week of a fleet in a simulation, and the page that tells both."""
