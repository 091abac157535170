"""Writes the pages of the documentation's site: the repository's own documents, and what code says of itself."""
