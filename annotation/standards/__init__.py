"""Formats of the field, read into one normal form and written from it; no Django."""
