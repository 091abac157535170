"""The outside world on one laptop: Redshift, S3, Valkey and marketing APIs, as other people built them."""
