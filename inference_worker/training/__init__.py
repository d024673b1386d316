"""Training of the networks; nothing that answers a reader imports it."""
