"""The harness: simulated readers walk volumes with an engine; every turn is kept."""
