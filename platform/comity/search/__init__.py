"""Floor 1: the index behind one port; it answers with ids and never with a record."""
