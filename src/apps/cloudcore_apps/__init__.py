"""Programs: each assembles adapters around the core in one `build` and runs them in one `main`."""
