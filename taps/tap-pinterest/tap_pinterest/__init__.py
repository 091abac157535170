"""Singer tap for the Pinterest Ads API."""
