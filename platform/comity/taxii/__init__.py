"""The door of TAXII 2.1: reading and writing collections as any program of others does."""
