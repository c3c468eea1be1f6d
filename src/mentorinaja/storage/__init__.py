"""Where files are kept: a folder or a bucket of the S3 protocol, behind the same few calls. Knows no feature."""

from mentorinaja.storage.store import Reading, Storage, StorageDown

__all__ = ["Reading", "Storage", "StorageDown"]
