"""Floor 0: what research security means here, as pure functions. No I/O, no clock, no framework."""
