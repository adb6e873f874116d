"""What may happen to a case, as pure functions: a head and what came in give the change to write, or a domain error.

Each function names its trigger. No function reads a clock, a store or chance: they are handed in.
"""

from __future__ import annotations

from wugan.cases.decide.approval import (
    LEGAL_EXTENSION,
    decided,
    light_due,
    note_lapse,
    submitted,
    supervision_due,
)
from wugan.cases.decide.carrying import (
    MOST_TRIES,
    POLL_EVERY,
    awaiting_counter,
    finished_delivery,
    handed_over_counter,
    ordered,
)
from wugan.cases.decide.consent import (
    face_consent_withdrawn,
    face_consented,
    processing_stopped,
)
from wugan.cases.decide.delegation import (
    LONGEST,
    MOST_AGENTS,
    delegated,
    delegation,
    delegation_revoked,
    entrusted,
)
from wugan.cases.decide.ending import (
    cancelled,
    cancelled_in_doubt,
    closed,
    handed_over,
    notice_held,
    notified,
)
from wugan.cases.decide.officials import (
    CallOutcome,
    assigned,
    called,
    confirmed,
    extended,
    proposed,
    sent_back,
    task_done,
)
from wugan.cases.decide.parcels import (
    CARRIED,
    COURIER_LIMIT,
    SOUGHT_AFTER,
    News,
    Settlement,
    chose_redelivery,
    confirmed_receipt,
    courier_limit,
    in_question,
    may_choose_redelivery,
    parcel,
    parcel_events,
    settled,
    sought,
)
from wugan.cases.decide.person import (
    MOST_CHECKS,
    MOST_FAILED_CHECKS,
    asked_person,
    declared,
    declined,
    identity_checked,
    identity_started,
    intended,
    locked,
    may_begin_check,
    no_check_before,
    prefilled,
    withdrawn,
)
from wugan.cases.decide.prompting import (
    held,
    ladder_due,
    open_case,
    push_refused,
    pushed,
    receipt,
    unreachable,
)
from wugan.cases.decide.rating import (
    MOST_CHARACTERS,
    TAGS,
    ratable,
    rated,
)
from wugan.cases.decide.step import (
    Step,
    expect,
)
from wugan.cases.decide.time import (
    came_due,
)
