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
    COURIER_LIMIT,
    MOST_TRIES,
    PARCELS,
    POLL_EVERY,
    awaiting_counter,
    finished_delivery,
    handed_over_counter,
    ordered,
    parcel,
)
from wugan.cases.decide.ending import (
    cancelled,
    closed,
    handed_over,
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
from wugan.cases.decide.person import (
    MOST_CHECKS,
    MOST_FAILED_CHECKS,
    asked_person,
    declared,
    declined,
    identity_checked,
    identity_started,
    intended,
    prefilled,
    withdrawn,
)
from wugan.cases.decide.prompting import (
    ladder_due,
    open_case,
    push_refused,
    pushed,
    receipt,
    unreachable,
)
from wugan.cases.decide.step import (
    Step,
    expect,
)
from wugan.cases.decide.time import (
    came_due,
)
