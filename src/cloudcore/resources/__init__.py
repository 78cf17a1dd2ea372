"""The nouns: a module for each resource type, grouped by area; each area's package has its `RESOURCES` tuple."""
