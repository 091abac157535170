"""A tap for the Amazon Ads API."""
