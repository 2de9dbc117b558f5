"""Floor 3: the HTTP interface for programs, version 1."""
