"""Singer tap for the Google Ads API."""
