"""Technologies plugged into the core's ports; siblings never import each other."""
