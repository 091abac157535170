"""target-redshift: loads Amazon Redshift from gzipped CSV that it stages on S3."""

from target_redshift.target import TargetRedshift

__all__ = ["TargetRedshift"]
