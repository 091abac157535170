"""Singer target that writes gzipped CSV with a manifest to S3."""
