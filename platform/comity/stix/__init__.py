"""The wire format: STIX 2.1 objects from records and back. Knows the domain; knows no rows, no peers and no network."""
