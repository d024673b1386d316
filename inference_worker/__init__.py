"""Engines and the sessions that keep them warm; knows nothing of Django."""
