"""User time and machine time, derived from events when asked; pure functions."""
