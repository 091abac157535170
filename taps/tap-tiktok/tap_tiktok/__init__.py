"""Singer tap for the TikTok API for Business."""
