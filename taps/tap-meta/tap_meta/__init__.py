"""Singer tap for the Meta Marketing API."""
