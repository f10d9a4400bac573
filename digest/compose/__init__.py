"""Pure: an issue compiled once into fragments, spliced into a message for each reader."""
