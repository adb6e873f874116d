"""The stages with side effects: each reads the head, does one thing outside under a deterministic id, and commits.

Any of them may die at any point and be run again: what was committed is not done again, what was done outside but not committed is
asked for again under the same id, and a vendor that reports the repeat has done it once.
"""

from __future__ import annotations

from wugan.cases.stages.approve import Approve
from wugan.cases.stages.carry import Carry
from wugan.cases.stages.declare import Declare
from wugan.cases.stages.ending import Cancel, Ending
from wugan.cases.stages.outreach import LINK_LIFE, Outreach
