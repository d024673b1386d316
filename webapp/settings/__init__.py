"""Django settings: ``local`` (this machine), ``production`` (behind TLS), ``test``."""
