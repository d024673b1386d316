"""What the web side and the workers agree on; imports numpy and nothing heavier."""
