"""One small text in a bucket."""

from __future__ import annotations

from dataclasses import dataclass

from wugan.aws.clients import client


@dataclass(frozen=True)
class S3Text:
    """An object that one writer keeps."""

    bucket: str
    key: str

    def read(self) -> str:
        """The text; empty when there is none yet."""
        # Listed, since reading what is not there is refused to a role that may list only some prefixes.
        if not client("s3").list_objects_v2(Bucket=self.bucket, Prefix=self.key).get("Contents"):
            return ""
        return str(client("s3").get_object(Bucket=self.bucket, Key=self.key)["Body"].read().decode())

    def write(self, text: str) -> None:
        """Replace it."""
        client("s3").put_object(Bucket=self.bucket, Key=self.key, Body=text.encode(), ContentType="application/json")
