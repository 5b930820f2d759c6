"""Keys, secrets at rest, signatures, and the one guard of outgoing URLs."""
