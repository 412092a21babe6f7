"""Words of the life of a unit: what kinds there are, what is done with them, and what rules about it are written in.

In a row of UNIT_TYPES `vintage` 0 means none. In a row of UNIT_STEPS `participant` is whose account it is about (ISSUE,
ALLOCATE, RESTRICT, LIFT), who gets the units (TRANSFER) or the security (PLEDGE); `counterparty` whose units are
allocated (0: the actor's own); `obligation` the instrument whose emissions are surrendered for (0: the same one);
`target` a pledge; the text says why.

Numbers are stored in adopted books and journals: frozen once released. The words (lower case of the member's name) are
what rule books write.
"""

from __future__ import annotations

from enum import IntEnum


class UnitType(IntEnum):
    """What one unit of an instrument is (产品类别)."""

    ALLOWANCE = 1
    """An allowance that an authority issued (配额); an instrument of which nothing is said is one, without vintage."""
    CCER = 2
    """A certified reduction of the national scheme (国家核证自愿减排量)."""
    LOCAL_OFFSET = 3
    """A certified reduction of a local scheme, such as 碳普惠."""


class UnitStep(IntEnum):
    """What a row of UNIT_STEPS asks for."""

    ISSUE = 1
    """Units come into being in an account (发放、签发)."""
    ALLOCATE = 2
    """Free units of the government's go to an emitter for a year that has no plan (无偿分配)."""
    TRANSFER = 3
    """The owner gives free units to another account, off the book (非交易过户)."""
    SURRENDER = 4
    """The owner gives units up against its verified emissions of a year (清缴)."""
    RETIRE = 5
    """The owner gives units up for nothing (自愿注销)."""
    PLEDGE = 6
    """The owner puts free units up as security for somebody (质押)."""
    RELEASE = 7
    """Pledged units are free again (解除质押)."""
    RESTRICT = 8
    """Free units of an account serve surrender only from here on."""
    LIFT = 9
    """That restriction ends."""


class OffsetBase(IntEnum):
    """What the limit on offsets is a share of (抵销比例基数)."""

    EMISSIONS = 1
    """The verified emissions of the year."""
    ALLOCATION = 2
    """The allowances allocated for the year."""
    SHORTFALL = 3
    """The recorded shortfall of the year (不足以履约部分)."""


class PledgeRelease(IntEnum):
    """Who ends a pledge (质押解除方式)."""

    CONSENT = 1
    """The pledgee."""
    ORDER = 2
    """The operator, by an order whose reason it states."""
    EITHER = 3
