"""A tap for the Shopify API."""
