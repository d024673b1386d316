"""Everything that is read, named ``<entity>_<what>``; nothing here writes."""
