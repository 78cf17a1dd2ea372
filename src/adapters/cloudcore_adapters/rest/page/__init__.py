"""The page that shows the schema to people: plain files, served as they are."""
