"""Floor 1: the wire format, STIX 2.1, read off the kinds."""
