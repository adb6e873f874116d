"""Wiring: which adapter stands behind which port, in one place. Everything is made when first asked for and kept for the process.

Until the vendors' own adapters come (issue 5), the sandbox is the only vendor behind the message, identity, courier and platform
ports, and production refuses it (`config.settings`).
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from wugan import config
from wugan.approval.desk import DeskDepartment
from wugan.approval.platform import PlatformDepartment
from wugan.approval.port import Department
from wugan.aws.archive_store import DynamoArchiveStore
from wugan.aws.bus import EventBridgeBus
from wugan.aws.case_store import DynamoCaseStore
from wugan.aws.change_store import DynamoChangeStore
from wugan.aws.event_table import DynamoEventTable
from wugan.aws.executions import StepFunctionsExecutions
from wugan.aws.item_store import DynamoItemStore
from wugan.aws.ledger_objects import S3LedgerObjects
from wugan.aws.ledger_rows import DynamoLedgerRows
from wugan.aws.queues import SqsQueue
from wugan.aws.registry_files import S3RegistryFiles, S3SubjectLookup
from wugan.aws.request_store import DynamoRequestStore
from wugan.aws.runtime import describe
from wugan.aws.secrets import parameter, secret_json, secret_text
from wugan.aws.texts import S3Text
from wugan.aws.vault import Vault
from wugan.aws.wait_store import DynamoWaitStore
from wugan.cases.applicant import Applicant
from wugan.cases.audit import Audit, PublicLog
from wugan.cases.callbacks import Callbacks
from wugan.cases.context import Context
from wugan.cases.desk import Desk
from wugan.cases.opening import Opening
from wugan.cases.resume import Resume, Sweep
from wugan.cases.stages import Approve, Cancel, Carry, Declare, Ending, Outreach
from wugan.clock import Clock, SystemClock, clock_from
from wugan.courier.sandbox import SandboxCourier
from wugan.http import JsonClient
from wugan.identity.sandbox import SandboxIdentity
from wugan.links import Keyring
from wugan.outreach.sandbox import SandboxMessenger
from wugan.registry.change_intake import ChangeIntake
from wugan.registry.guard import Limits

if TYPE_CHECKING:
    from wugan.cases.archive import Archive
    from wugan.cases.scan import Scan
    from wugan.cases.sense import Sense
    from wugan.ledger.note import Signer, Verifier
    from wugan.ledger.sequencer import Sequencer
    from wugan.ledger.watch import Watch
    from wugan.ledger.witness_panel import Panel


CATCH_UP = 60.0  # seconds in which an event must have come into the log


class SystemRandom:
    """Randomness of the operating system."""

    def hex(self, size: int) -> str:
        return os.urandom(size).hex()


@cache
def settings() -> config.Settings:
    """The settings of this process."""
    return config.settings()


@cache
def clock() -> Clock:
    """The clock; scaled in rehearsals only."""
    return clock_from(settings().get(config.CLOCK))


@cache
def item_store() -> DynamoItemStore:
    """Published items."""
    return DynamoItemStore(settings().need(config.ITEMS_TABLE))


@cache
def case_store() -> DynamoCaseStore:
    """Cases."""
    need = settings().need
    tables = need(config.CASES_TABLE), need(config.WAITS_TABLE), need(config.OUTBOX_TABLE)
    return DynamoCaseStore(*tables, need(config.FILES_BUCKET), Vault(need(config.KMS_KEY)))


@cache
def registry_files() -> S3RegistryFiles:
    """The registry bucket."""
    return S3RegistryFiles(settings().need(config.REGISTRY_BUCKET))


@cache
def executions() -> StepFunctionsExecutions:
    """The case state machine."""
    return StepFunctionsExecutions(settings().need(config.CASE_MACHINE))


def public_url() -> str:
    """Where people reach the pages, without a slash at the end."""
    fixed = settings().get(config.PUBLIC_URL)
    return (fixed or parameter(settings().need(config.PUBLIC_URL_PARAMETER))).rstrip("/")


def link_secret() -> str:
    """The secret that all links and sessions hang on."""
    return secret_text(settings().need(config.LINK_SECRET))


@cache
def change_store() -> DynamoChangeStore:
    """What the registries told between their deliveries."""
    return DynamoChangeStore(settings().get(config.CHANGES_TABLE))


@cache
def change_bus() -> EventBridgeBus:
    """Where it is said which subjects changed."""
    return EventBridgeBus(settings().need(config.CHANGE_BUS))


@cache
def lookup() -> S3SubjectLookup:
    """One subject in the registries of today."""
    return S3SubjectLookup(S3RegistryFiles(settings().get(config.REGISTRY_BUCKET)), change_store())


@cache
def context() -> Context:
    """What every case service works with."""
    return Context(case_store(), item_store(), lookup(), Keyring(link_secret), clock(), SystemRandom(), public_url)


def vendor_secret(kind: str) -> str:
    """The secret shared with those of a kind: channel, identity, courier, department, registry."""
    return str(secret_json(settings().need(config.VENDOR_SECRET))[kind])


@cache
def messenger(jurisdiction: str) -> SandboxMessenger:  # noqa: ARG001 – until each bureau has vendors of its own
    """The message channels."""
    return SandboxMessenger(_sandbox(), vendor_secret("channel"), clock(), JsonClient())


@cache
def identity(jurisdiction: str) -> SandboxIdentity:  # noqa: ARG001 – until each bureau has vendors of its own
    """Identity authentication."""
    return SandboxIdentity(_sandbox(), vendor_secret("identity"), clock(), JsonClient())


@cache
def courier(jurisdiction: str) -> SandboxCourier:  # noqa: ARG001 – until each bureau has vendors of its own
    """The courier."""
    return SandboxCourier(_sandbox(), vendor_secret("courier"), clock(), JsonClient())


@cache
def department(jurisdiction: str) -> Department:
    """The approving department of a jurisdiction: its platform, or our desk."""
    if jurisdiction in settings().get(config.DESK_JURISDICTIONS).split(","):
        return DeskDepartment()
    return PlatformDepartment(_sandbox(), vendor_secret("department"), clock(), JsonClient())


def _sandbox() -> str:
    return settings().need(config.SANDBOX_URL).rstrip("/")


@cache
def outreach() -> Outreach:
    """Prompts, and the word at the end."""
    return Outreach(context(), messenger)


@cache
def declare() -> Declare:
    """Prefilling."""
    return Declare(context())


@cache
def carry() -> Carry:
    """Certificates on their way, both directions."""
    return Carry(context(), courier)


@cache
def approve() -> Approve:
    """Handing applications to the departments."""
    return Approve(context(), department)


@cache
def cancel() -> Cancel:
    """Dropping what is under way."""
    return Cancel(context(), courier, department)


@cache
def ending() -> Ending:
    """The end."""
    return Ending(context())


@cache
def applicant() -> Applicant:
    """The applicant's side."""
    return Applicant(context(), identity)


@cache
def request_store() -> DynamoRequestStore:
    """Requests under their idempotency keys."""
    return DynamoRequestStore(settings().need(config.REQUESTS_TABLE))


def allowed_origins() -> frozenset[str]:
    """The web origins whose scripts may use the JSON interface; none unless some are set."""
    return frozenset(filter(None, settings().get(config.ALLOWED_ORIGINS).split(",")))


@cache
def desk() -> Desk:
    """The desk's side."""
    return Desk(context())


@cache
def callbacks() -> Callbacks:
    """The way in for vendors and departments."""
    return Callbacks(context(), applicant(), courier, vendor_secret)


@cache
def resume() -> Resume:
    """Brings answers to the state machine."""
    return Resume(DynamoWaitStore(settings().need(config.WAITS_TABLE)), executions(), clock())


@cache
def sweep() -> Sweep:
    """Makes up for what got lost on the way."""
    return Sweep(resume(), callbacks(), ending(), context(), executions(), describe)


@cache
def opening() -> Opening:
    """Opens cases."""
    return Opening(context(), executions())


@cache
def scan_runs() -> StepFunctionsExecutions:
    """The scan state machine; a run is named by whoever starts it."""
    return StepFunctionsExecutions(settings().need(config.SCAN_MACHINE))


@cache
def scan() -> Scan:
    """The steps of a scan; the only functions that pay for the intake's imports."""
    from wugan.cases.scan import Scan

    number, usual = settings().number, Limits()
    limits = Limits(number(config.SHRINK_PERCENT, usual.shrink_percent), number(config.STALE_DAYS, usual.stale_days))
    return Scan(registry_files(), item_store(), clock(), limits, describe, change_store().all)


@cache
def change_intake() -> ChangeIntake:
    """The way in for changes."""
    keep = timedelta(days=settings().number(config.CHANGE_DAYS, 14))
    return ChangeIntake(change_store(), change_bus(), lambda: vendor_secret("registry"), clock(), keep)


@cache
def sense() -> Sense:
    """Looks at subjects that changed; the function that pays for DuckDB."""
    from wugan.cases.sense import Sense

    return Sense(lookup(), item_store(), opening(), change_bus(), clock(), describe)


@cache
def sense_queue() -> SqsQueue:
    """Events that wait for `sense`."""
    return SqsQueue(settings().need(config.SENSE_QUEUE))


@cache
def sense_failures() -> SqsQueue:
    """Events that `sense` gave up on."""
    return SqsQueue(settings().need(config.SENSE_FAILURES))


@cache
def ledger_rows() -> DynamoLedgerRows:
    """The outbox, and the log's own rows."""
    return DynamoLedgerRows(settings().need(config.OUTBOX_TABLE), settings().need(config.LEDGER_TABLE))


@cache
def ledger_objects() -> S3LedgerObjects:
    """The published log."""
    return S3LedgerObjects(settings().need(config.LEDGER_BUCKET))


@cache
def ledger_verifier() -> Verifier:
    """The log's public key, as KMS has it."""
    from wugan.aws import ledger_key

    return ledger_key.verifier(settings().need(config.LEDGER_KEY), settings().need(config.LEDGER_ORIGIN))


@cache
def ledger_signer() -> Signer:
    """The log's key; for the sequencer alone."""
    from wugan.aws import ledger_key

    return ledger_key.signer(settings().need(config.LEDGER_KEY), settings().need(config.LEDGER_ORIGIN))


@cache
def witnesses() -> Panel:
    """Those who cosign the log's checkpoints."""
    from wugan.ledger.witness_panel import Panel, members

    return Panel(members(settings().get(config.WITNESSES)), SystemClock())


@cache
def sequencer() -> Sequencer:
    """Moves events into the log; the only function that pays for these imports."""
    from wugan.ledger.sequencer import Sequencer

    return Sequencer(ledger_rows(), ledger_objects(), ledger_signer(), witnesses().cosign)


@cache
def event_table() -> DynamoEventTable:
    """The events as the monitor compares them."""
    return DynamoEventTable(settings().need(config.CASES_TABLE))


@cache
def audit() -> Audit:
    """Proofs of cases."""
    return Audit(case_store(), ledger_rows(), ledger_objects(), ledger_verifier())


@cache
def public_log() -> PublicLog:
    """The log as everybody sees it."""
    return PublicLog(ledger_objects(), ledger_verifier(), clock(), public_url)


@cache
def archive_store() -> DynamoArchiveStore:
    """What is to be archived, and where."""
    need = settings().need
    return DynamoArchiveStore(need(config.CASES_TABLE), need(config.OUTBOX_TABLE), need(config.FILES_BUCKET))


@cache
def archive() -> Archive:
    """The daily archive; the only function that pays for these imports."""
    from wugan.cases.archive import Archive
    from wugan.web.record import record

    return Archive(context(), audit(), archive_store(), record)


@cache
def monitor_state() -> S3Text:
    """Where the monitor keeps what it saw."""
    return S3Text(settings().need(config.FILES_BUCKET), "monitor/seen.json")


@cache
def watch() -> Watch:
    """The monitor."""
    from wugan.ledger.watch import Watch

    return Watch(ledger_rows(), ledger_objects(), event_table(), ledger_verifier(), lambda: time.sleep(CATCH_UP))
