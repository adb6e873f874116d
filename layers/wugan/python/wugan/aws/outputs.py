"""A deployed stack's outputs as the settings of a process, so that the command line speaks to what is deployed."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wugan import config
from wugan.aws.clients import client
from wugan.errors import NotFound

SETTINGS = {
    "Stage": config.STAGE,
    "CasesTable": config.CASES_TABLE,
    "WaitsTable": config.WAITS_TABLE,
    "ItemsTable": config.ITEMS_TABLE,
    "RegistryBucket": config.REGISTRY_BUCKET,
    "FilesBucket": config.FILES_BUCKET,
    "KmsKey": config.KMS_KEY,
    "CaseMachine": config.CASE_MACHINE,
    "ScanMachine": config.SCAN_MACHINE,
    "LinkSecret": config.LINK_SECRET,
    "VendorSecret": config.VENDOR_SECRET,
    "PublicUrl": config.PUBLIC_URL,
    "ChangesTable": config.CHANGES_TABLE,
    "VendorsTable": config.VENDORS_TABLE,
    "Vendors": config.VENDORS,
    "PeopleTable": config.PEOPLE_TABLE,
    "ChangeBus": config.CHANGE_BUS,
    "SenseQueue": config.SENSE_QUEUE,
    "SenseFailures": config.SENSE_FAILURES,
    "OutboxTable": config.OUTBOX_TABLE,
    "RequestsTable": config.REQUESTS_TABLE,
    "LedgerTable": config.LEDGER_TABLE,
    "LedgerBucket": config.LEDGER_BUCKET,
    "LedgerKey": config.LEDGER_KEY,
    "LedgerOrigin": config.LEDGER_ORIGIN,
}


def settings_from(outputs: dict[str, str]) -> dict[str, str]:
    """Environment variables for the outputs of a stack."""
    return {name: outputs[output] for output, name in SETTINGS.items()}


def stack_outputs(stack: str, cloudformation: Any = None) -> dict[str, str]:
    """The outputs of a stack, asked for by this process's client unless another is given. Raises NotFound."""
    try:
        (found,) = (cloudformation or client("cloudformation")).describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise NotFound(f"there is no such stack to be read: {error}", field="stack") from error
    return {o["OutputKey"]: o["OutputValue"] for o in found["Outputs"]}
