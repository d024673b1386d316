"""The domain: studies, readers, sessions, the log of turns, time and audit."""
