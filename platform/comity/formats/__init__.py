"""Formats of others, read strictly: bytes of files in, rows of this house's kinds out. Knows no database and no viewer."""
