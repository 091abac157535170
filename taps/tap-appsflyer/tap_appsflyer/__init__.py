"""Singer tap for the AppsFlyer Pull API."""
