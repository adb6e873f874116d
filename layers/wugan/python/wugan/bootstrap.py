"""Wiring: which adapter stands behind which port, in one place. Everything is made when first asked for and kept for the process.

Vendors come from the document that `WUGAN_VENDORS` names (`wugan.vendors`); their adapters alone are not kept.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from wugan import config
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
from wugan.aws.people_store import DynamoPeopleStore
from wugan.aws.queues import SqsQueue
from wugan.aws.registry_files import S3RegistryFiles, S3SubjectLookup
from wugan.aws.request_store import DynamoRequestStore, DynamoSignedOut
from wugan.aws.roster import DynamoRoster
from wugan.aws.runtime import describe
from wugan.aws.secrets import parameter, secret_json, secret_text
from wugan.aws.texts import S3Text
from wugan.aws.vault import Vault
from wugan.aws.wait_store import DynamoWaitStore
from wugan.cases.applicant import Applicant
from wugan.cases.audit import Audit, PublicLog
from wugan.cases.callbacks import Callbacks
from wugan.cases.context import Context
from wugan.cases.counting import Counting
from wugan.cases.desk import Desk
from wugan.cases.messages import Messages
from wugan.cases.opening import Opening
from wugan.cases.parcels import Parcels
from wugan.cases.preferences import Preferences
from wugan.cases.resume import Resume, Sweep
from wugan.cases.stages import Approve, Cancel, Carry, Declare, Ending, Outreach
from wugan.cases.together import Together
from wugan.clock import Clock, SystemClock, clock_from
from wugan.errors import InvalidInput
from wugan.http import JsonClient
from wugan.links import Keyring
from wugan.outreach.quiet import Quiet
from wugan.outreach.schedule import Rules, parse_caps
from wugan.registry.change_intake import ChangeIntake
from wugan.registry.guard import Limits
from wugan.signin.entrance import Entrance
from wugan.signin.official import RoleMap
from wugan.signin.session import Sessions

if TYPE_CHECKING:
    from wugan.aws.vendor_store import DynamoSendLog
    from wugan.aws.waybill_store import DynamoWaybills
    from wugan.bench.bench import Bench
    from wugan.bench.simulation import Simulate
    from wugan.bench.statistics import Statistics
    from wugan.cases.archive import Archive
    from wugan.cases.scan import Scan
    from wugan.cases.sense import Sense
    from wugan.cases.vendor_calls import VendorCalls
    from wugan.courier.choice import ChosenCourier
    from wugan.identity.port import IdentityVerifier
    from wugan.ledger.note import Signer, Verifier
    from wugan.ledger.sequencer import Sequencer
    from wugan.ledger.watch import Watch
    from wugan.ledger.witness_panel import Panel
    from wugan.outreach.port import Messenger
    from wugan.vendors.kit import Kit
    from wugan.vendors.model import Bureau, Vendors


REHEARSAL_PACE = 60  # a vendor's minutes are seconds where days are
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


def vendor_secret(name: str) -> str:
    """What lies under a name in the vendors' secret. Raises InvalidInput naming it."""
    value = secret_json(settings().need(config.VENDOR_SECRET)).get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput("the vendors' secret has no such key", field=name)
    return value


@cache
def vendors() -> Vendors:
    """The vendors' document. Raises InvalidInput naming the field; production refuses endpoints that are not public."""
    from wugan.vendors import model

    document = model.read(parameter(settings().need(config.VENDORS)))
    if settings().get(config.STAGE) == config.PRODUCTION:
        model.check_production(document)
    return document


def bureau(jurisdiction: str) -> Bureau:
    """The vendors of a bureau."""
    return vendors().of(jurisdiction)


@cache
def kit() -> Kit:
    """What adapters are built with; all share one client and its connections."""
    from wugan.vendors.kit import Kit

    pace = REHEARSAL_PACE if settings().get(config.CLOCK) else 1
    return Kit(vendor_secret, clock(), JsonClient(), SystemRandom().hex, pace, settings().get(config.STAGE))


@cache
def send_log() -> DynamoSendLog:
    """What was sent over whom."""
    from wugan.aws.vendor_store import DynamoSendLog

    return DynamoSendLog(settings().need(config.VENDORS_TABLE))


@cache
def waybills() -> DynamoWaybills:
    """Whom parcels were given to."""
    from wugan.aws.waybill_store import DynamoWaybills

    return DynamoWaybills(settings().need(config.VENDORS_TABLE))


# A bureau's adapters hold values of the vendors' secret, so they are made whenever they are asked for and not kept: a new value is taken
# up as soon as it is read anew (`wugan.aws.secrets`). They have no state; what is dear, the client and its connections, the kit keeps.


def messenger(jurisdiction: str) -> Messenger:
    """The message channels."""
    from wugan.aws.vendor_store import DynamoTokenStore
    from wugan.vendors import messages

    return messages.messenger(bureau(jurisdiction), kit(), send_log(), DynamoTokenStore(settings().need(config.VENDORS_TABLE)))


def identity(jurisdiction: str) -> IdentityVerifier:
    """Identity authentication."""
    from wugan.aws.vendor_store import DynamoCodeStore
    from wugan.vendors import faces, messages

    send = messages.send_code(bureau(jurisdiction), kit(), send_log())
    return faces.identity(bureau(jurisdiction), kit(), DynamoCodeStore(settings().need(config.VENDORS_TABLE)), send)


def courier(jurisdiction: str) -> ChosenCourier:
    """The couriers of a bureau, who call back in their own ways."""
    from wugan.aws.waybill_store import DynamoHealth
    from wugan.vendors import couriers

    health, back = DynamoHealth(settings().need(config.VENDORS_TABLE)), f"{public_url()}/callbacks/courier/{jurisdiction}"
    return couriers.courier(bureau(jurisdiction), kit(), waybills(), health, lambda name: f"{back}/{name}")


def department(jurisdiction: str) -> Department:
    """The approving department of a jurisdiction: its platform, or our desk."""
    from wugan.vendors import departments

    return departments.department(bureau(jurisdiction), kit())


def platform_key(jurisdiction: str) -> str:
    """What a jurisdiction's approval platform signs with. Raises NotFound when it has none."""
    from wugan.vendors import departments

    return departments.platform_key(bureau(jurisdiction), vendor_secret)


def certificate_key(jurisdiction: str) -> str:
    """With which a jurisdiction's department signs certificates; empty: it does not."""
    from wugan.vendors import departments

    return departments.certificate_key(bureau(jurisdiction))


@cache
def people_store() -> DynamoPeopleStore:
    """People, and what the behaviour model has learnt from them."""
    return DynamoPeopleStore(settings().need(config.PEOPLE_TABLE))


@cache
def rules(jurisdiction: str) -> Rules:  # noqa: ARG001 – one city, one night; a bureau may get rules of its own here
    """What binds every message of a bureau."""
    quiet, caps, usual = settings().get(config.QUIET_HOURS), settings().get(config.MESSAGE_CAPS), Rules()
    return Rules(
        Quiet.parse(quiet, config.QUIET_HOURS) if quiet else usual.quiet,
        parse_caps(caps, config.MESSAGE_CAPS) if caps else usual.caps,
    )


@cache
def messages() -> Messages:
    """The messages of each person, over all their cases."""
    modelled = settings().get(config.BEHAVIOUR_MODEL) != "off"
    return Messages(context(), people_store(), messenger, rules, modelled)


@cache
def preferences() -> Preferences:
    """How people want to be prompted."""
    return Preferences(context(), people_store())


@cache
def outreach() -> Outreach:
    """Prompts, and the word at the end."""
    return Outreach(context(), messages())


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
    from wugan.web.application import application

    return Approve(context(), department, application)


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
    return Applicant(context(), identity, preferences(), others=Together(messages()).others)


@cache
def sessions() -> Sessions:
    """The officials' sessions, for the desk and the bench."""
    signed_out = DynamoSignedOut(settings().need(config.REQUESTS_TABLE))
    rehearses = settings().get(config.STAGE) in config.REHEARSALS
    return Sessions(Keyring(link_secret), clock(), SystemRandom().hex, signed_out, invites=rehearses)


@cache
def entrance() -> Entrance:
    """The officials' sign-in, at the desk; it alone pays for the provider's imports."""
    from wugan.signin.provider import Provider

    get, rehearses = settings().get, settings().get(config.STAGE) in config.REHEARSALS
    roles = RoleMap.of(get(config.OIDC_ROLE_CLAIM) or "roles", get(config.OIDC_ROLES))
    provider = Provider(get(config.OIDC_ISSUER), get(config.OIDC_CLIENT_ID), _client_secret, JsonClient(), clock(), plain=rehearses)
    return Entrance(sessions(), roles, provider if provider.issuer else None, public_url, roster().arrived)


@cache
def roster() -> DynamoRoster:
    """The officials of the bureaus."""
    return DynamoRoster(settings().need(config.CASES_TABLE))


def _client_secret() -> str:
    """What the issuer knows us by; empty for a public client."""
    name = settings().get(config.OIDC_CLIENT_SECRET)
    return secret_text(name) if name else ""


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
    return Desk(context(), entrance(), roster())


@cache
def parcels() -> Parcels:
    """What people and officials do about parcels."""
    return Parcels(context())


@cache
def bench() -> Bench:
    """The item managers' side; with the reader of item files, which no other page pays for."""
    from wugan.bench.bench import Bench

    return Bench(item_store(), registry_files(), simulations, statistics_text(), clock(), SystemRandom())


@cache
def simulations() -> StepFunctionsExecutions:
    """The machine that runs simulations beside the API."""
    return StepFunctionsExecutions(settings().need(config.SIMULATE_MACHINE))


@cache
def simulate() -> Simulate:
    """Runs one simulation."""
    from wugan.bench.simulation import Simulate

    return Simulate(registry_files(), item_store())


@cache
def statistics_text() -> S3Text:
    """What was counted of the hits, by item and week."""
    return S3Text(settings().need(config.FILES_BUCKET), "statistics/weeks.json")


@cache
def statistics() -> Statistics:
    """Counts what became of the hits."""
    from wugan.bench.statistics import Statistics

    return Statistics(case_store(), item_store(), statistics_text(), clock())


@cache
def callbacks() -> Callbacks:
    """The way in for vendors and departments."""
    return Callbacks(context(), messages(), courier, platform_key, certificate_key)


@cache
def vendor_calls() -> VendorCalls:
    """The way in for vendors in their own protocols; the function that pays for reading them."""
    from wugan.aws.runtime import logger
    from wugan.cases.vendor_calls import VendorCalls
    from wugan.vendors.reader import VendorReader

    reader = VendorReader(bureau, courier, vendor_secret, send_log, clock())
    return VendorCalls(callbacks(), send_log, reader, lambda told: logger.warning("not understood", extra={"told": told}))


@cache
def resume() -> Resume:
    """Brings answers to the state machine."""
    return Resume(DynamoWaitStore(settings().need(config.WAITS_TABLE)), executions(), clock())


@cache
def sweep() -> Sweep:
    """Makes up for what got lost on the way."""
    return Sweep(resume(), callbacks(), ending(), context(), executions(), Counting(context(), people_store()), describe)


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
