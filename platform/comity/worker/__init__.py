"""Floor 3: what happens without anyone asking: scheduled changes and the outbox."""
