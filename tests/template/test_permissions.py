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
SECRET = {"secretsmanager:GetSecretValue VendorSecret"}
VENDOR = SECRET | {"ssm:GetParameter parameter/wugan/${Stage}/vendors"}
MESSAGE = {f"dynamodb:{action} VendorRows" for action in ("GetItem", "Query", "PutItem", "UpdateItem")}
MESSAGE |= {"dynamodb:Query VendorRows/index/by_time"}
PARCEL = {f"dynamodb:{action} VendorRows" for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")}
PARCEL |= {"ssm:GetParameter parameter/wugan/${Stage}/public-url"}
PEOPLE = {"dynamodb:GetItem People", "dynamodb:PutItem People"}
LINK = {"secretsmanager:GetSecretValue LinkSecret", "ssm:GetParameter parameter/wugan/${Stage}/public-url"}
CASE_MACHINE = "stateMachine:wugan-${Stage}-case"
START = {f"states:StartExecution {CASE_MACHINE}"}
ANSWER = {f"states:SendTaskSuccess {CASE_MACHINE}", f"states:SendTaskFailure {CASE_MACHINE}"}
RUNS = {"s3:GetObject RegistryBucket/runs/*", "s3:PutObject RegistryBucket/runs/*"}
STREAM = {f"dynamodb:{action} Waits/stream/*" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}

CALLS = {
    "push": COMMIT | READ_SEALED | ITEM | VENDOR | MESSAGE | LINK | PEOPLE | {"dynamodb:BatchGetItem People"},
    "declare": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | LOOKUP,
    "pickup": COMMIT | READ_SEALED | ITEM | VENDOR | PARCEL,
    "approve": COMMIT | READ_SEALED | WRITE_SEALED | ITEM | LOOKUP | VENDOR,
    "deliver": COMMIT | READ_SEALED | ITEM | VENDOR | PARCEL,
    "give_back": COMMIT | READ_SEALED | ITEM | VENDOR | PARCEL,
    "cancel": COMMIT | VENDOR | PARCEL,
    "hand_over": COMMIT,
    "notify": COMMIT | READ_SEALED | ITEM | VENDOR | MESSAGE | LINK | {"dynamodb:GetItem People"},
    "close": COMMIT,
    "plan": ITEM
    | RUNS
    | {"dynamodb:Query Items", "dynamodb:Scan Changes", "s3:ListBucket RegistryBucket", "s3:GetObject RegistryBucket/registry/*"}
    | {"s3:GetObject RegistryBucket/clean/CURRENT", "s3:PutObject RegistryBucket/clean/*"},
    "detect": ITEM | CLEAN | RUNS,
    "open": COMMIT | WRITE_SEALED | ITEM | START | RUNS | {"kms:GenerateDataKey Key", "s3:ListBucket RegistryBucket"},
    "report": RUNS | {"s3:ListBucket RegistryBucket"},
    "changes": SECRET | TELL | {"dynamodb:PutItem Changes"},
    "sense": COMMIT | WRITE_SEALED | ITEM | LOOKUP | START | TELL | QUEUE | {"dynamodb:Query Items", "kms:GenerateDataKey Key"},
    "resume": ANSWER | STREAM | {"dynamodb:GetItem Waits", "dynamodb:UpdateItem Waits", "sqs:SendMessage ResumeFailures"},
    "sequence": LEDGER
    | {f"dynamodb:{action} Outbox" for action in ("Query", "BatchWriteItem")}
    | {f"dynamodb:{action} Outbox/stream/*" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    | {"dynamodb:PutItem Ledger", "dynamodb:BatchWriteItem Ledger", "kms:Sign LedgerKey"}
    | {"s3:PutObject LedgerBucket/checkpoint", "s3:PutObject LedgerBucket/tile/*"},
    "sweep": COMMIT
    | READ_SEALED
    | LINK
    | ITEM
    | VENDOR
    | MESSAGE
    | PARCEL
    | START
    | ANSWER
    | {"dynamodb:GetItem Waits", "dynamodb:Query Waits/index/by_due", "dynamodb:Query Waits/index/by_pending"}
    | PEOPLE
    | {"dynamodb:BatchGetItem People", "dynamodb:UpdateItem People", "dynamodb:Query People/index/by_look"}
    | {"dynamodb:Query Cases/index/by_working", "states:DescribeExecution execution:wugan-${Stage}-case:*"},
    "applicant": COMMIT
    | READ_SEALED
    | WRITE_SEALED
    | ITEM
    | VENDOR
    | MESSAGE
    | LINK
    | PEOPLE
    | LEDGER
    | {"dynamodb:Query Cases/index/by_subject"},
    "api": COMMIT
    | READ_SEALED
    | WRITE_SEALED
    | ITEM
    | VENDOR
    | MESSAGE
    | LINK
    | PEOPLE
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
    | {f"dynamodb:Query Cases/index/by_queue{kind}" for kind in ("", "_item", "_light", "_officer")}
    | {"dynamodb:Query Cases/index/by_task", "dynamodb:BatchGetItem Cases"}
    | {"dynamodb:Query Cases/index/by_subject", "dynamodb:Query Items"}
    | {"secretsmanager:GetSecretValue OidcClientSecretArn", "dynamodb:GetItem Requests", "dynamodb:PutItem Requests"},
    "bench": ITEM
    | LINK
    | {"dynamodb:Query Items", "dynamodb:PutItem Items", "s3:ListBucket RegistryBucket", "s3:ListBucket FilesBucket"}
    | {f"s3:{action} RegistryBucket/runs/simulations/*" for action in ("GetObject", "PutObject")}
    | {"s3:GetObject FilesBucket/statistics/*", "states:StartExecution stateMachine:wugan-${Stage}-simulate"}
    | {"states:DescribeExecution execution:wugan-${Stage}-simulate:*", "dynamodb:GetItem Requests"},
    "simulate": ITEM
    | CLEAN
    | {"s3:ListBucket RegistryBucket"}
    | {f"s3:{action} RegistryBucket/runs/simulations/*" for action in ("GetObject", "PutObject")},
    "statistics": {"dynamodb:Query Items", "dynamodb:Query Cases/index/by_item", "s3:ListBucket FilesBucket"}
    | {f"s3:{action} FilesBucket/statistics/*" for action in ("GetObject", "PutObject")},
    "callbacks": COMMIT
    | READ_SEALED
    | WRITE_SEALED
    | ITEM
    | VENDOR
    | MESSAGE
    | PARCEL
    | PEOPLE
    | {"secretsmanager:GetSecretValue LinkSecret", "dynamodb:Query VendorRows/index/by_reference"},
}


def test_every_function_is_in_the_table() -> None:
    assert set(CALLS) == set(functions())


@pytest.mark.parametrize("verb", CALLS)
def test_role_allows_what_the_code_calls(verb: str) -> None:
    assert granted(functions()[verb]["Policies"]) == CALLS[verb]
