"""Each role allows what its function's code calls, and nothing else. In the rehearsal the emulator enforces the roles."""

from __future__ import annotations

import pytest

from tests.support.roles import functions, granted

COMMIT = {"dynamodb:GetItem Cases", "dynamodb:Query Cases", "dynamodb:PutItem Cases", "dynamodb:PutItem Waits", "dynamodb:UpdateItem Waits"}
COMMIT |= {"dynamodb:PutItem Outbox"}
LEDGER = {"dynamodb:GetItem Ledger", "dynamodb:BatchGetItem Ledger", "s3:GetObject LedgerBucket/*", "s3:ListBucket LedgerBucket"}
LEDGER |= {"kms:GetPublicKey LedgerKey"}
READ_SEALED = {"kms:Decrypt Key", "s3:GetObject FilesBucket/sealed/*"}
WRITE_SEALED = {"kms:Decrypt Key", "s3:PutObject FilesBucket/sealed/*"}
ITEM = {"dynamodb:GetItem Items"}
CLEAN = {"s3:GetObject RegistryBucket/clean/*"}
LOOKUP = CLEAN | {"dynamodb:Query Changes"}
TELL = {"events:PutEvents ChangeBus"}
QUEUE = {f"sqs:{action} SenseQueue" for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")}
VENDOR = {"secretsmanager:GetSecretValue VendorSecret"}
LINK = {"secretsmanager:GetSecretValue LinkSecret", "ssm:GetParameter parameter/wugan/${Stage}/public-url"}
CASE_MACHINE = "stateMachine:wugan-${Stage}-case"
START = {f"states:StartExecution {CASE_MACHINE}"}
ANSWER = {f"states:SendTaskSuccess {CASE_MACHINE}", f"states:SendTaskFailure {CASE_MACHINE}"}
RUNS = {"s3:GetObject RegistryBucket/runs/*", "s3:PutObject RegistryBucket/runs/*"}
STREAM = {f"dynamodb:{action} Waits/stream/*" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}

CALLS = {
    "push": COMMIT | READ_SEALED | ITEM | VENDOR | LINK,
    "declare": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | LOOKUP,
    "pickup": COMMIT | READ_SEALED | ITEM | VENDOR,
    "approve": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | LOOKUP | VENDOR,
    "deliver": COMMIT | READ_SEALED | ITEM | VENDOR,
    "give_back": COMMIT | READ_SEALED | ITEM | VENDOR,
    "cancel": COMMIT | VENDOR,
    "hand_over": COMMIT,
    "notify": COMMIT | READ_SEALED | ITEM | VENDOR | LINK,
    "close": COMMIT,
    "plan": ITEM
    | RUNS
    | {"dynamodb:Scan Items", "dynamodb:Scan Changes", "s3:ListBucket RegistryBucket", "s3:GetObject RegistryBucket/registry/*"}
    | {"s3:GetObject RegistryBucket/clean/CURRENT", "s3:PutObject RegistryBucket/clean/*"},
    "detect": ITEM | CLEAN | RUNS,
    "open": COMMIT | WRITE_SEALED | ITEM | START | RUNS | {"kms:GenerateDataKey Key", "s3:ListBucket RegistryBucket"},
    "report": RUNS | {"s3:ListBucket RegistryBucket"},
    "changes": VENDOR | TELL | {"dynamodb:PutItem Changes"},
    "sense": COMMIT | WRITE_SEALED | ITEM | LOOKUP | START | TELL | QUEUE | {"dynamodb:Scan Items", "kms:GenerateDataKey Key"},
    "resume": ANSWER | STREAM | {"dynamodb:GetItem Waits", "dynamodb:UpdateItem Waits", "sqs:SendMessage ResumeFailures"},
    "sequence": LEDGER
    | {f"dynamodb:{action} Outbox" for action in ("Query", "BatchWriteItem")}
    | {f"dynamodb:{action} Outbox/stream/*" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    | {"dynamodb:PutItem Ledger", "dynamodb:BatchWriteItem Ledger", "kms:Sign LedgerKey"}
    | {"s3:PutObject LedgerBucket/checkpoint", "s3:PutObject LedgerBucket/tile/*"},
    "sweep": COMMIT
    | ITEM
    | VENDOR
    | START
    | ANSWER
    | {"dynamodb:GetItem Waits", "dynamodb:Query Waits/index/by_due", "dynamodb:Query Waits/index/by_pending"}
    | {"dynamodb:Query Cases/index/by_working", "states:DescribeExecution execution:wugan-${Stage}-case:*"},
    "applicant": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | VENDOR | LINK | LEDGER | {"dynamodb:Query Cases/index/by_subject"},
    "api": COMMIT
    | READ_SEALED
    | WRITE_SEALED
    | ITEM
    | VENDOR
    | LINK
    | LEDGER
    | {"dynamodb:Query Cases/index/by_subject", "dynamodb:GetItem Requests", "dynamodb:PutItem Requests"},
    "ledger": {"s3:GetObject LedgerBucket/*", "s3:ListBucket LedgerBucket", "kms:GetPublicKey LedgerKey"}
    | {"ssm:GetParameter parameter/wugan/${Stage}/public-url"},
    "monitor": LEDGER
    | {f"dynamodb:{action} Cases" for action in ("BatchGetItem", "Query", "Scan")}
    | {"s3:ListBucket FilesBucket", "s3:GetObject FilesBucket/monitor/*", "s3:PutObject FilesBucket/monitor/*"},
    "archive": LEDGER
    | READ_SEALED
    | ITEM
    | {f"dynamodb:{action} Cases" for action in ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem")}
    | {"dynamodb:Query Cases/index/by_task", "dynamodb:PutItem Outbox"}
    | {"s3:GetObject FilesBucket/archive/*", "s3:PutObject FilesBucket/archive/*"},
    "desk": COMMIT
    | READ_SEALED
    | WRITE_SEALED
    | ITEM
    | LOOKUP
    | LINK
    | {"dynamodb:Query Cases/index/by_queue", "dynamodb:Query Cases/index/by_task"}
    | {"dynamodb:Query Cases/index/by_subject", "dynamodb:Scan Items"},
    "callbacks": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | VENDOR,
}


def test_every_function_is_in_the_table() -> None:
    assert set(CALLS) == set(functions())


@pytest.mark.parametrize("verb", CALLS)
def test_role_allows_what_the_code_calls(verb: str) -> None:
    assert granted(functions()[verb]["Policies"]) == CALLS[verb]
