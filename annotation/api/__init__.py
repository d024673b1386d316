"""The HTTP doors: validate, call a service or selector, serialise."""
