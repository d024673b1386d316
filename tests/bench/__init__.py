"""``make bench``: how quick and how large the product is, beside a baseline."""
