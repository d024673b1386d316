"""Everything that changes something, named ``<entity>_<verb>``."""
