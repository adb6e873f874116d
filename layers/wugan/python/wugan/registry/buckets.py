"""Where a subject's rows lie: clean files are hashed by credit code, so that a bucket is self-contained."""

from __future__ import annotations

import hashlib

MANIFEST = "manifest.json"
PRODUCER = "producer"  # copies of the business rows that a bucket's licences name as producers
HOLDER = "holder"  # whose licences name a producer, in the producer's bucket
HOLDER_COLUMNS = ("producer_code", "credit_code")

# `bucket_of` in DuckDB's words.
BUCKET_SQL = "CAST(('0x' || left(sha256({code}), 8))::UBIGINT % {buckets} AS INTEGER)"


def bucket_of(credit_code: str, buckets: int) -> int:
    """The bucket of a normalised credit code: the first 32 bits of its SHA-256, modulo the number of buckets."""
    return int(hashlib.sha256(credit_code.encode()).hexdigest()[:8], 16) % buckets


def file_name(feed: str, bucket: int) -> str:
    """The clean file of one feed and bucket, relative to the clean folder."""
    return f"{feed}/{bucket:04d}.parquet"
