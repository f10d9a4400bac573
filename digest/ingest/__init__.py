"""Articles in: JSON records, and the sections of their markdown summaries."""
