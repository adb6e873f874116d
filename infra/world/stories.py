"""What happened to some of the subjects: the changes, expiries and new scopes that the 20 pilot items must hit, and near misses.

The expected items are written down here by hand, from the policy's list of items; the detection code has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice

from infra.world import city
from infra.world.entities import ENTITY_OF, Entity, Registrar, Row

Tell = Callable[[Registrar, Entity, Row], None]  # changes the rows of an entity and its certificate

LEAST_HITS = 4  # of each item, however small the world
FULL_SIZE = 36_000  # the world for which `Plot.hits` is counted


@dataclass(frozen=True)
class Story:
    """One thing that happens to a subject."""

    name: str
    tell: Tell
    items: tuple[int, ...] = ()  # the items that must hit; none for a near miss


@dataclass(frozen=True)
class Plot:
    """The stories around one item: what is told in a hit, what in a near miss."""

    item: int
    type: str
    jurisdictions: tuple[str, ...]
    hits: int  # in a world of full size
    hitting: tuple[Story, ...]
    missing: tuple[Story, ...]
    elsewhere: tuple[str, ...] = ()  # jurisdictions in which the item is not offered

    def cast(self, subjects: int) -> Iterator[tuple[Story, str]]:
        """The stories to tell in a world of this size, with their jurisdictions; each in turn."""
        hits = max(LEAST_HITS, round(self.hits * subjects / FULL_SIZE))
        yield from islice(zip(cycle(self.hitting), cycle(self.jurisdictions)), hits)
        yield from islice(zip(cycle(self.missing), cycle(self.jurisdictions)), max(hits, len(self.missing)))
        if self.elsewhere:
            yield from islice(zip(cycle(_abroad(self.hitting)), cycle(self.elsewhere)), LEAST_HITS)


def _abroad(stories: tuple[Story, ...]) -> tuple[Story, ...]:
    return tuple(Story(f"{s.name}, where the item is not offered", s.tell) for s in stories)


def entity_for(registrar: Registrar, plot: Plot, jurisdiction: str) -> tuple[Entity, Row]:
    """A subject with a certificate of the plot's type on which nothing has happened yet."""
    kind = ENTITY_OF.get(plot.type, "enterprise")
    entity = registrar.entity(kind, jurisdiction, trade=plot.type, numbered=True)
    if plot.type == "grain_purchase":
        registrar.own(entity, entity.premises)
    return entity, registrar.certificate(entity, plot.type)


# ── what the business registry may come to say ────────────────────────────────────────────────────────────────────────


def registry_says(registrar: Registrar, entity: Entity, **values: str | None) -> None:
    """The registry row changes today."""
    entity.former = entity.former or dict(entity.business)
    today = registrar.day.isoformat()
    entity.business.update(values, changed_on=today, version=f"{today}01".replace("-", ""))


def rename(registrar: Registrar, entity: Entity, certificate: Row) -> None:
    kind, old = str(entity.business["entity_type"]), str(entity.business["name"])
    registry_says(registrar, entity, name=registrar.name(kind, entity.registered.district, str(certificate["type"])))
    assert entity.business["name"] != old


def new_representative(registrar: Registrar, entity: Entity, certificate: Row) -> None:
    name = _somebody_else(registrar, certificate["legal_representative"])
    registry_says(registrar, entity, legal_representative=name)
    entity.contacts[0] = registrar.contact(entity, "legal_representative", name)


def new_person_in_charge(registrar: Registrar, entity: Entity, certificate: Row) -> None:
    registry_says(registrar, entity, person_in_charge=_somebody_else(registrar, certificate["person_in_charge"]))


def renumber(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    _premises_become(registrar, entity, entity.premises.renumbered(registrar.rng))


def rename_road(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    _premises_become(registrar, entity, entity.premises.road_renamed(registrar.rng))


def relocate(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    _premises_become(registrar, entity, city.elsewhere(registrar.rng, entity.premises))


def move_office(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    there = city.elsewhere(registrar.rng, entity.registered)
    registry_says(registrar, entity, registered_address=city.written(registrar.rng, there))


def _premises_become(registrar: Registrar, entity: Entity, there: city.Place) -> None:
    written = city.written(registrar.rng, there)
    registry_says(registrar, entity, premises_address=written)
    if entity.registered == entity.premises:
        registry_says(registrar, entity, registered_address=written)


def _somebody_else(registrar: Registrar, name: str | None) -> str:
    while (other := city.person(registrar.rng)) == name:
        pass
    return other


def both(*tells: Tell) -> Tell:
    """One after the other."""

    def tell(registrar: Registrar, entity: Entity, certificate: Row) -> None:
        for one in tells:
            one(registrar, entity, certificate)

    return tell


# ── what surrounds it ─────────────────────────────────────────────────────────────────────────────────────────────────


def rewritten(registrar: Registrar, entity: Entity, certificate: Row) -> None:
    """The registry writes the same name and addresses in another way today."""
    name = str(entity.business["name"]).replace("（", " (").replace("）", ") ")
    addresses = {"registered_address": city.written(registrar.rng, entity.registered)}
    registry_says(registrar, entity, name=f"{name}　", **addresses)
    certificate["premises_address"] = city.written(registrar.rng, entity.premises)


def blacklisted(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registrar.blacklist(entity, registrar.before(10, 700), None)


def once_blacklisted(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registrar.blacklist(entity, registrar.before(800, 1500), registrar.before(5, 300))


def cancelled(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registry_says(registrar, entity, status=registrar.rng.choice(("cancelled", "revoked")))


def void(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["status"] = "void"


def expired(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["valid_until"] = registrar.before(1, 200)


def ends_soon(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["valid_until"] = registrar.after(20, 52)  # time enough for a demonstration's people; the latest see a rung of the ladder


def ends_today(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["valid_until"] = registrar.day.isoformat()


def ends_later(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["valid_until"] = registrar.after(95, 200)


def without_end(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    certificate["valid_until"] = registrar.rng.choice((None, "长期"))


def no_representative(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registry_says(registrar, entity, legal_representative=None, person_in_charge=None)


def nothing_printed(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    empty = ("legal_representative", "person_in_charge", "registered_address", "premises_address")
    certificate.update(dict.fromkeys(empty))


def rented(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    entity.properties.clear()


def owns_another_place(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    entity.properties.clear()
    registrar.own(entity, city.elsewhere(registrar.rng, entity.premises))


# ── the scope, for the filing ─────────────────────────────────────────────────────────────────────────────────────────

_HR = "一般项目：人力资源服务（不含职业中介活动、劳务派遣服务）；企业管理咨询"


def covers_hr(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registry_says(registrar, entity, scope=_HR, scope_changed_on=registrar.before(0, 80))


def covered_hr_long_ago(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    registry_says(registrar, entity, scope=_HR, scope_changed_on=registrar.before(95, 2000))


def excludes_hr(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    scope = "一般项目：企业管理咨询（不含人力资源服务、劳务派遣服务）"
    registry_says(registrar, entity, scope=scope, scope_changed_on=registrar.before(0, 25))


def unfiled(registrar: Registrar, entity: Entity, certificate: Row) -> None:  # noqa: ARG001
    entity.certificates.remove(certificate)


# ── the plots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _change(item: int, kind: str, hits: int, told: Mapping[str, Tell], more: tuple[Story, ...] = (), where: str = "QD") -> Plot:
    stories = tuple(Story(name, tell, (item,)) for name, tell in told.items())
    first = stories[0].tell
    misses = (
        Story("only the handwriting differs", rewritten),
        Story("changed, but blacklisted", both(first, blacklisted)),
        Story("changed, but no longer registered", both(first, cancelled)),
        Story("changed, but the certificate is void", both(first, void)),
        Story("changed, but the certificate has expired", both(first, expired)),
        Story("the registry names nobody", no_representative),
        Story("the certificate leaves fields empty", nothing_printed),
    )
    elsewhere = tuple(j for j in ("QD", "LX", "PD") if j != where)
    forgiven = Story(f"{stories[0].name}, blacklisted in the past", both(first, once_blacklisted), (item,))
    hitting = (*stories, forgiven, *(s for s in more if s.items))
    return Plot(item, kind, (where,), hits, hitting, (*misses, *(s for s in more if not s.items)), elsewhere)


def _renewal(item: int, kind: str, hits: int, where: tuple[str, ...], more: tuple[Story, ...] = ()) -> Plot:
    hitting = (Story("ends soon", ends_soon, (item,)), Story("ends soon", ends_soon, (item,)), Story("ends today", ends_today, (item,)))
    misses = (
        Story("ends after the window", ends_later),
        Story("has expired", expired),
        Story("never ends", without_end),
        Story("ends soon, but is void", both(ends_soon, void)),
        Story("ends soon, but blacklisted", both(ends_soon, blacklisted)),
        Story("ends soon, but no longer registered", both(ends_soon, cancelled)),
    )
    return Plot(item, kind, where, hits, hitting, misses + more, tuple(j for j in ("QD", "LX", "PD") if j not in where))


_NAME = {"renamed": rename}
_REPRESENTATIVE = {"new legal representative": new_representative}
_ADDRESS_MISSES = (Story("premises moved", relocate), Story("office and premises moved", both(relocate, move_office)))
_OTHER_FIELDS = (Story("renamed", rename), Story("registered office moved", move_office))
_PROPERTY_MISSES = (
    Story("renamed, but rents its premises", both(rename, rented)),
    Story("renamed, but owns another place", both(rename, owns_another_place)),
)
_OFFICE = {"registered office moved": move_office}
_PERSON = {"new person in charge": new_person_in_charge}
_PLATE = {"premises renumbered": renumber}
_ROAD = {"road renamed": rename_road}

PLOTS = (
    _change(1, "construction_qualification", 16, _NAME | _REPRESENTATIVE | _OFFICE),
    _change(2, "engineering_design", 9, _NAME | _REPRESENTATIVE | _OFFICE),
    _change(3, "engineering_survey", 8, _REPRESENTATIVE | _NAME | _OFFICE),
    _change(4, "engineering_supervision", 9, _NAME | _REPRESENTATIVE | _OFFICE),
    _change(5, "drawing_review", 8, _REPRESENTATIVE | _NAME | _OFFICE),
    _change(6, "grain_purchase", 8, _NAME | _REPRESENTATIVE | _OFFICE, _PROPERTY_MISSES),
    _renewal(7, "grain_purchase", 10, ("QD",), (Story("ends soon, but rents its premises", both(ends_soon, rented)),)),
    _change(8, "film_screening", 8, _NAME | _REPRESENTATIVE | _OFFICE | _PERSON),
    _change(
        9,
        "central_water_supply",
        9,
        _REPRESENTATIVE,
        (Story("renamed and new legal representative", both(rename, new_representative), (9, 10)),),
    ),
    _change(10, "central_water_supply", 9, _NAME, (Story("renamed and renumbered", both(rename, renumber), (10, 11)),)),
    _change(11, "central_water_supply", 8, _PLATE, (*_ADDRESS_MISSES, Story("road renamed", rename_road))),
    _change(12, "water_product", 8, _PLATE | _ROAD, _ADDRESS_MISSES),
    _change(13, "water_product", 8, _NAME),
    _change(
        14,
        "disinfection_product",
        10,
        _NAME | _REPRESENTATIVE | _PLATE | _ROAD,
        (*_ADDRESS_MISSES, Story("renamed, but premises moved", both(rename, relocate))),
    ),
    _renewal(15, "non_enterprise_registration", 14, ("QD", "LX", "PD")),
    _renewal(16, "social_group_registration", 12, ("QD", "LX", "PD")),
    _renewal(17, "foundation_registration", 8, ("QD", "PD")),
    _renewal(18, "hr_service_licence", 12, ("PD", "LX")),
    Plot(
        19,
        "hr_service_filing",
        ("PD", "LX"),
        12,
        (Story("scope newly covers it", both(unfiled, covers_hr), (19,)),),
        (
            Story("scope newly covers it, but it is filed", covers_hr),
            Story("scope has covered it for long", both(unfiled, covered_hr_long_ago)),
            Story("scope excludes it", both(unfiled, excludes_hr)),
            Story("scope newly covers it, but no longer registered", both(unfiled, covers_hr, cancelled)),
            Story("scope newly covers it, but blacklisted", both(unfiled, covers_hr, blacklisted)),
        ),
        ("QD",),
    ),
    _change(20, "publication_retail", 12, _REPRESENTATIVE | _PERSON, _OTHER_FIELDS, where="PD"),
)


def producer_plot(registrar: Registrar, subjects: int) -> Iterator[list[Entity]]:
    """Water products made by somebody else: the maker is renamed (item 13), or nobody knows the maker."""
    for _ in range(max(LEAST_HITS, round(8 * subjects / FULL_SIZE))):
        yield _made_by(registrar, (13,), "the producer was renamed")
    for _ in range(LEAST_HITS):
        yield _made_by(registrar, (), "the producer is in no registry")


def _made_by(registrar: Registrar, items: tuple[int, ...], story: str) -> list[Entity]:
    plot = next(p for p in PLOTS if p.type == "water_product")
    applicant, certificate = entity_for(registrar, plot, "QD")
    maker = registrar.entity("enterprise", "QD", trade=plot.type)
    certificate.update(producer_code=maker.code, producer_name=maker.business["name"])
    applicant.hits, applicant.story = items, story
    if not items:
        certificate["producer_name"] = "青岛查无此厂净水设备厂"
        certificate["producer_code"] = registrar.unregistered_code()
        return [applicant, maker]
    rename(registrar, maker, certificate)
    return [applicant, maker]
