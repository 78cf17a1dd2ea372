"""What the core needs from the world, and what drives it: one Protocol a file, no code."""
