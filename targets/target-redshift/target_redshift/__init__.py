"""Singer target that loads Amazon Redshift through S3."""
