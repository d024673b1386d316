"""Simulated annotators: they alone see the truth, and only prompts leave this room."""
