"""Moving messages from one queue to another, one by one: aws-cn has no redrive of dead letters."""

from __future__ import annotations

from dataclasses import dataclass

from wugan.aws.clients import client

AT_ONCE = 10
WAIT_SECONDS = 1


@dataclass(frozen=True)
class SqsQueue:
    """A queue by its URL."""

    url: str

    def move_to(self, target: SqsQueue, most: int) -> int:
        """Send up to `most` messages on and delete them here; returns how many.

        A message is deleted after it was sent: who dies in between sends it twice, and loses none.
        """
        moved = 0
        while moved < most:
            wanted = min(AT_ONCE, most - moved)
            found = client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=wanted, WaitTimeSeconds=WAIT_SECONDS)
            for message in found.get("Messages", []):
                client("sqs").send_message(QueueUrl=target.url, MessageBody=message["Body"])
                client("sqs").delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
            if not found.get("Messages"):
                break
        return moved
