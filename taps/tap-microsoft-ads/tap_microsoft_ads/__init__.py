"""Singer tap for the Microsoft Advertising API."""
