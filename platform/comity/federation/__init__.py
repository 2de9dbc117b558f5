"""The door of allied nodes beside TAXII: who this node is, its transparency log, and the handshake. Machines only."""
