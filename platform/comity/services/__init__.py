"""Floor 2: one verb a module. First it asks, then it changes, then it leaves an audit entry and an outbox event."""
