"""Images the project makes itself, with known truth: the demo needs no patient."""
