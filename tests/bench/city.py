"""A whole city's registries as the intake leaves them, made inside DuckDB: a million enterprises and a million licences in seconds.

Shares and dirt follow `infra/world` and the public rows that were measured before. Every value is a hash of the row's number and
the seed, so the same city always comes out alike, and a bucket is made without the others.
"""

from __future__ import annotations

import json
import shutil
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from infra.world import city as world
from tests.bench import words
from wugan.registry.buckets import BUCKET_SQL, HOLDER, HOLDER_COLUMNS, MANIFEST, PRODUCER, file_name
from wugan.registry.cleaning import Counts
from wugan.registry.feeds import BUSINESS, FEEDS, LICENCE, Feed, Type
from wugan.registry.files import Loaded
from wugan.registry.intake import Report

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TAIL = 7  # characters of a credit code that number the subjects
_STRIDE = 14_348_907  # 3 ** 15 has no factor in common with 31 ** 7, so no two subjects share a tail

KINDS = {"enterprise": 910, "non_enterprise_unit": 50, "social_group": 35, "foundation": 5}
JURISDICTIONS = {"QD": 80, "LX": 8, "PD": 12}
REGISTRATIONS = {
    "non_enterprise_unit": "non_enterprise_registration",
    "social_group": "social_group_registration",
    "foundation": "foundation_registration",
}
PILOT_SHARE = 0.58  # of the enterprises' licences
PILOT = {
    "construction_qualification": 22,
    "engineering_design": 4,
    "engineering_survey": 3,
    "engineering_supervision": 4,
    "drawing_review": 1,
    "grain_purchase": 6,
    "film_screening": 3,
    "central_water_supply": 5,
    "water_product": 5,
    "disinfection_product": 5,
    "hr_service_licence": 10,
    "hr_service_filing": 6,
    "publication_retail": 16,
}
OTHER = {"food_business": 60, "public_place_hygiene": 20, "road_transport": 15, "special_equipment": 5}

# Shares of certificates that print something else than today's registry, because it changed after they were issued.
RENAMED = 0.01
NEW_REPRESENTATIVE = 0.0125
NEW_PERSON_IN_CHARGE = 0.0125
OFFICE_MOVED = 0.01
PLATE_CHANGED = 0.008
ROAD_RENAMED = 0.006
PREMISES_MOVED = 0.009
# Shares that differ in handwriting only, 15 % together.
NAME_IN_OTHER_HAND = 0.04
ADDRESS_IN_OTHER_HAND = 0.145

FORMER_SHARE = 0.46  # of addresses in districts that had another name: 18 % of all
NO_DIGIT_SHARE = 0.27
HIGHWAY_SHARE = 0.014
EMPTY_REPRESENTATIVE = 0.048
DASH_REPRESENTATIVE = 0.001  # a full-width dash, which the intake keeps
GENERIC_CODE_SHARE = 0.11
FAILING_CODE_EVERY = 900
UNREGISTERED_EVERY = 300  # holders and producers that the business registry does not know


@dataclass(frozen=True)
class City:
    """What to make. `bustle` multiplies the shares of certificates that are out of date, for small cities."""

    enterprises: int = 1_000_000
    licences: int = 1_000_000
    buckets: int = 16
    seed: int = 1
    day: date = date(2026, 11, 23)
    bustle: float = 1.0

    @property
    def name(self) -> str:
        """A folder's name."""
        bustle = "" if self.bustle == 1 else f"-x{self.bustle:g}"
        return f"city-{self.enterprises}x{self.licences}-{self.buckets}b-{self.seed}{bustle}"


def ensure(city: City, below: Path) -> Path:
    """The clean folder of this city, made unless it stands below already and was made by this code."""
    folder, stamp = below / city.name, below / city.name / "made-from"
    if stamp.exists() and stamp.read_text() == _fingerprint():
        return folder
    unfinished = below / f"{city.name}.unfinished"
    for old in (folder, unfinished):
        shutil.rmtree(old, ignore_errors=True)
    print(f"making {city.name} …", file=sys.stderr, flush=True)
    make(city, unfinished)
    (unfinished / "made-from").write_text(_fingerprint())
    return unfinished.rename(folder)


def make(city: City, folder: Path) -> None:
    """Write the clean files of all feeds and the manifest, as `wugan.registry.intake.take_in` does."""
    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"CREATE TABLE subject AS {_subjects(city)}")
        connection.execute(f"CREATE TABLE holding AS {_holdings(city)}")
        connection.execute(f"CREATE TABLE naming AS {_NAMING}")
        for bucket in range(city.buckets):
            for name, count in _write_bucket(connection, city, folder, bucket).items():
                rows[name] = rows.get(name, 0) + count
        held = dict(connection.execute(_HELD).fetchall())
    report = _report(city, rows, tuple(held.get(b, 0) for b in range(city.buckets)))
    (folder / MANIFEST).write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")


def _write_bucket(connection: DuckDBPyConnection, city: City, folder: Path, bucket: int) -> dict[str, int]:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE known AS {_known(city, f'bucket = {bucket}')}")
    connection.execute("CREATE OR REPLACE TEMP TABLE held AS SELECT h.* FROM holding h JOIN known USING (n)")
    makers = "n IN (SELECT maker FROM held)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE maker AS {_known(city, makers)}")
    tables: dict[str, tuple[tuple[str, ...], str]] = {
        "business": (BUSINESS.names, f"{_business(city, 'known')} WHERE registered"),
        "licence": (LICENCE.names, _licences(city)),
        "property": (FEEDS["property"].names, _properties(city)),
        "blacklist": (FEEDS["blacklist"].names, _blacklist(city)),
        PRODUCER: (BUSINESS.names, f"{_business(city, 'maker')} WHERE registered"),
        HOLDER: (HOLDER_COLUMNS, f"SELECT * FROM naming WHERE bucket = {bucket}"),
    }
    for feed in FEEDS.values():
        tables.setdefault(feed.name, (feed.names, _nothing(feed)))
    counts = {}
    for name, (columns, sql) in tables.items():
        path = folder / file_name(name, bucket)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = f"SELECT {', '.join(columns)} FROM ({sql}) ORDER BY credit_code"
        done = connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT PARQUET, COMPRESSION ZSTD)").fetchone()
        counts[name] = int(done[0]) if done else 0
    return counts


def _nothing(feed: Feed) -> str:
    columns = ", ".join(f"NULL::{'DATE' if c.type is Type.DATE else 'VARCHAR'} AS {c.name}" for c in feed.columns)
    return f"SELECT {columns} WHERE false"


_NAMING = """
    SELECT DISTINCT maker.credit_code AS producer_code, holder.credit_code, maker.bucket
    FROM holding JOIN subject holder USING (n) JOIN subject maker ON maker.n = holding.maker"""
_HELD = """
    SELECT bucket, count(*) FROM subject WHERE registered OR n IN (SELECT n FROM holding) GROUP BY bucket"""


def _report(city: City, rows: Mapping[str, int], held: tuple[int, ...]) -> Report:
    return Report(
        as_of=city.day,
        buckets=city.buckets,
        subjects=sum(held),
        bucket_subjects=held,
        counts={name: Counts(rows[name], rows[name], 0, 0, 0) for name in FEEDS},
        files={name: (Loaded("city.parquet", "", rows[name], "parquet", (), ()),) for name in FEEDS},
        changes={},
        refused=(),
        warnings=(),
        quarantined={},
    )


def _fingerprint() -> str:
    sources = [Path(__file__), Path(words.__file__), Path(world.__file__)]
    contract = [asdict(f) for f in FEEDS.values()]
    return f"{zlib.crc32(b''.join(p.read_bytes() for p in sources)):08x} {zlib.crc32(repr(contract).encode()):08x} {duckdb.__version__}"


# ── dice: every choice is a hash of the row's number, what is chosen, and the seed ─────────────────────────────────────


@dataclass(frozen=True)
class Dice:
    """Expressions that roll for the row whose number is in the column `key`."""

    key: str
    seed: int

    def roll(self, what: str, sides: int | str) -> str:
        """0 ≤ value < sides."""
        salt = (zlib.crc32(f"{self.key[-1]} {what}".encode()) % (1 << 20)) + (self.seed << 48)
        return f"(hash({self.key} * 1048576 + {salt}) % ({sides}))::INTEGER"

    def chance(self, what: str, share: float) -> str:
        """True for this share of rows."""
        return f"({self.roll(what, 1_000_000)} < {round(share * 1_000_000)})"

    def maybe(self, what: str, share: float, value: str, otherwise: str = "NULL") -> str:
        """The value for this share of rows, else the other."""
        return f"CASE WHEN {self.chance(what, share)} THEN {value} ELSE {otherwise} END"

    def one_of(self, what: str, choices: Iterable[str]) -> str:
        """One of the texts."""
        listed = list(choices)
        return _at(listed, self.roll(what, len(listed)))

    def weighted(self, what: str, choices: Mapping[str, int]) -> str:
        """One of the texts, by weight."""
        return self.one_of(what, [c for c, weight in choices.items() for _ in range(weight)])

    def person(self, what: str) -> str:
        """An invented name of two or three characters."""
        given = self.one_of(f"{what} given", world._GIVEN)
        second = f"CASE WHEN {self.chance(f'{what} long', 0.7)} THEN {self.one_of(f'{what} second', world._GIVEN)} ELSE '' END"
        return f"({self.one_of(f'{what} surname', world._SURNAMES)} || {given} || {second})"

    def brand(self, what: str) -> str:
        """The middle of an enterprise's name."""
        parts = [self.one_of(f"{what} {n}", letters) for n, letters in enumerate((world._BRAND_HEAD, world._BRAND_TAIL, world._BRAND_TAIL))]
        return f"({' || '.join(parts)})"

    def road(self, what: str) -> str:
        """A road's name."""
        parts = [self.one_of(f"{what} {n}", letters) for n, letters in enumerate((world._ROAD_HEAD, world._ROAD_TAIL, "路路路路街"))]
        return f"({' || '.join(parts)})"

    def day(self, what: str, base: date, first: int, last: int) -> str:
        """A day from `first` to `last` days after the base."""
        return f"(DATE '{base}' + {self.roll(what, last - first + 1)} + {first})"


def _at(values: Iterable[str], index: str) -> str:
    return f"[{', '.join(_text(v) for v in values)}][1 + {index}]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _texts(values: Mapping[str, str]) -> dict[str, str]:
    return {key: _text(value) for key, value in values.items()}


def _by(column: str, values: Mapping[str, str], otherwise: str = "NULL") -> str:
    """The expression that belongs to a column's value."""
    return f"CASE {column} {' '.join(f'WHEN {_text(k)} THEN {v}' for k, v in values.items())} ELSE {otherwise} END"


# ── who there is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _subjects(city: City) -> str:
    """n, kind, jurisdiction, district, registered, credit code, bucket; a few more than the registry knows."""
    dice = Dice("n", city.seed)
    areas = {name: code for name, code, _ in world.DISTRICTS} | dict(world.AREAS.values())
    inside = dice.weighted("district", {name: weight for name, _, weight in world.DISTRICTS})
    district = _by("jurisdiction", {k: _text(name) for k, (name, _) in world.AREAS.items()}, inside)
    area_code = dice.maybe("generic", GENERIC_CODE_SHARE, f"'{world.CITY_CODE}'", _by("district", _texts(areas)))
    heads = {"enterprise": ("91", "MA"), "social_group": ("51", "MJ"), "non_enterprise_unit": ("52", "MJ"), "foundation": ("53", "MJ")}
    head = {
        f"{kind} {code}": f"{first}{code}{last}" for kind, (first, last) in heads.items() for code in (*areas.values(), world.CITY_CODE)
    }
    tail = [f"{_letter(f'v // {31**place} % 31')}" for place in reversed(range(_TAIL))]
    total = " + ".join(f"{_weight(17 - 1 - place)} * (v // {31**place} % 31)" for place in range(_TAIL))
    failing = f"(n % {FAILING_CODE_EVERY} = {FAILING_CODE_EVERY // 2})::INTEGER"
    digit = f"(31 - (head_sum + {total}) % 31 + {failing}) % 31"
    return f"""
        WITH person AS (SELECT n, n < {city.enterprises} AS registered, {dice.weighted("kind", KINDS)} AS kind,
                {dice.weighted("jurisdiction", JURISDICTIONS)} AS jurisdiction,
                (n * {_STRIDE} + {city.seed * 7_919}) % {31**_TAIL} AS v
            FROM range({city.enterprises + _unregistered(city)}) numbers(n)),
        placed AS (SELECT *, {district} AS district FROM person),
        headed AS (SELECT *, kind || ' ' || {area_code} AS head_of FROM placed),
        summed AS (SELECT *, {_by("head_of", _texts(head))} AS head,
            {_by("head_of", {k: str(_head_sum(v)) for k, v in head.items()})} AS head_sum FROM headed),
        coded AS (SELECT *, head || {" || ".join(tail)} || {_letter(digit)} AS credit_code FROM summed)
        SELECT n, registered, kind, jurisdiction, district, credit_code,
            {BUCKET_SQL.format(code="credit_code", buckets=city.buckets)} AS bucket
        FROM coded"""


def _unregistered(city: City) -> int:
    return 1 + city.enterprises // UNREGISTERED_EVERY


def _letter(index: str) -> str:
    return f"substr('{ALPHABET}', 1 + ({index})::INTEGER, 1)"


def _weight(place: int) -> int:
    """GB 32100: the weight of a character, counted from 0."""
    return int(pow(3, place, 31))


def _head_sum(head: str) -> int:
    return sum(ALPHABET.index(c) * _weight(i) for i, c in enumerate(head))


def _holdings(city: City) -> str:
    """m (the licence), n (its holder), type, maker (of a water product, if another)."""
    dice, holder = Dice("m", city.seed), Dice("h.m", city.seed)
    total = city.enterprises + _unregistered(city)

    def somebody(what: str) -> str:
        known, unknown = dice.roll(what, city.enterprises), dice.roll(f"{what} nobody", total - city.enterprises)
        return f"CASE WHEN {dice.chance(f'{what} unknown', 1 / UNREGISTERED_EVERY)} THEN {city.enterprises} + {unknown} ELSE {known} END"

    enterprise = (
        f"CASE WHEN {holder.chance('pilot', PILOT_SHARE)} THEN {holder.weighted('type', PILOT)} ELSE {holder.weighted('other', OTHER)} END"
    )
    kind = _by("s.kind", {k: _text(t) for k, t in REGISTRATIONS.items()}, enterprise)
    return f"""
        WITH h AS (SELECT m, {somebody("holder")} AS n, {somebody("maker")} AS maker FROM range({city.licences}) numbers(m)),
        typed AS (SELECT h.m, h.n, {kind} AS type, h.maker FROM h JOIN subject s ON s.n = h.n)
        SELECT m, n, type, CASE WHEN type = 'water_product' AND {dice.chance("made elsewhere", 0.6)} THEN maker END AS maker FROM typed"""


# ── what the registries say ───────────────────────────────────────────────────────────────────────────────────────────


def _known(city: City, where: str) -> str:
    """All that is true of subjects today, in parts: names, people, registered place `r_…` and premises `p_…`."""
    dice = Dice("n", city.seed)
    names = {kind: f"'青岛市' || left(district, 2) || brand || {dice.one_of(f'{kind} word', w)}" for kind, w in words.SOCIAL.items()}
    group = dice.maybe("group", 0.08, "'（集团）'", "''")
    plain = f"'青岛' || brand || {group} || trade || form"
    local = "brand || '（青岛）' || trade || form"
    towns = {d: dice.one_of("town", towns) for d, towns in words.TOWNS.items()}
    former = dice.maybe("former", FORMER_SHARE, _by("district", _texts(words.FORMER)))
    return f"""
        WITH rolled AS (SELECT *, {dice.brand("brand")} AS brand,
            {dice.one_of("trade", words.TRADES)} AS trade, {dice.one_of("form", words.FORMS)} AS form,
            {_by("district", towns)} AS r_town, {_place(dice, "r")}, {_place(dice, "own p")}, {dice.chance("one place", 0.7)} AS one_place,
            coalesce({former}, district) AS area, {dice.maybe("province", 0.5, "'山东省青岛市'", "'青岛市'")} AS above
            FROM subject WHERE {where})
        SELECT * EXCLUDE (own_p_road, own_p_number, own_p_rest),
            {_by("kind", names, dice.maybe("local", 0.06, local, plain))} AS name,
            {dice.person("representative")} AS representative,
            {dice.maybe("both", 0.6, dice.person("representative"), dice.person("in charge"))} AS in_charge,
            {", ".join(f"CASE WHEN one_place THEN r_{part} ELSE own_p_{part} END AS p_{part}" for part in ("road", "number", "rest"))},
            CASE WHEN one_place THEN r_town ELSE '' END AS p_town
        FROM rolled"""


def _place(dice: Dice, prefix: str) -> str:
    """Road, number and rest of a place; 27 % have no digit: a village, or a road without a number."""
    bare, village = dice.chance(f"{prefix} bare", NO_DIGIT_SHARE), dice.chance(f"{prefix} village", 0.6)
    road = dice.maybe(f"{prefix} highway", HIGHWAY_SHARE, "'308国道'", dice.road(prefix))
    end = dice.one_of(f"{prefix} end", ("东首", "西首", "北侧沿街", ""))
    room = (
        f"[{dice.roll(f'{prefix} floor', 30)} + 1 || '层', {dice.roll(f'{prefix} house', 20)} + 1 || '号楼' || "
        f"({dice.roll(f'{prefix} room', 2810)} + 101) || '室', 'A' || ({dice.roll(f'{prefix} tower', 9)} + 1) || '座']"
    )
    rest = f"coalesce({room}[1 + {dice.roll(f'{prefix} rest', 5)}], '')"
    hamlet = f"{dice.one_of(f'{prefix} v1', world._VILLAGE)} || {dice.one_of(f'{prefix} v2', world._VILLAGE)} || '村'"
    name = prefix.replace(" ", "_")
    return f"""
        CASE WHEN NOT ({bare} AND {village}) THEN {f"CASE WHEN {bare} THEN {dice.road(prefix)} ELSE {road} END"} END AS {name}_road,
        CASE WHEN NOT {bare} THEN {dice.roll(f"{prefix} number", 680)} + 1 END AS {name}_number,
        CASE WHEN {bare} AND {village} THEN {hamlet} WHEN {bare} THEN {end} ELSE {rest} END AS {name}_rest"""


def _written(place: str, *, above: str = "above", area: str = "area", town: str = "", number: str = "") -> str:
    """A place as one text."""
    plate = number or f"coalesce({place}_number || '号', '')"
    return f"({above} || {area} || {town or f'{place}_town'} || coalesce({place}_road, '') || {plate} || {place}_rest)"


def _business(city: City, table: str) -> str:
    dice = Dice("n", city.seed)
    representative = dice.maybe("dash", DASH_REPRESENTATIVE, "'－'", "representative")
    picks = ", ".join(dice.one_of(f"scope {n}", words.SCOPE) for n in range(10))
    some = f"array_to_string(list_slice([{picks}], 1, 5 + {dice.roll('scope length', 6)}), '；')"
    special = dice.weighted("special", {f"{words.HR}；": 2, f"{words.NOT_HR}；": 1, "": 197})
    end = dice.maybe("scope end", 0.7, f"'{words.SCOPE_END}'", "''")
    lately, before = dice.day("scope day", city.day, -80, 0), dice.day("scope day", city.day, -3000, -81)
    own_body = "jurisdiction = 'QD' AND kind = 'enterprise'"
    return f"""
        SELECT n, registered, credit_code, name, kind AS entity_type,
            {dice.maybe("no representative", EMPTY_REPRESENTATIVE, "NULL", representative)} AS legal_representative,
            {dice.maybe("nobody in charge", 0.03, "NULL", "in_charge")} AS person_in_charge,
            {_written("r")} AS registered_address, {dice.maybe("no premises", 0.02, "NULL", _written("p"))} AS premises_address,
            '一般项目：' || {special} || {some} || {end} AS scope,
            {dice.maybe("scope lately", 0.06, lately, dice.maybe("scope once", 0.5, before))} AS scope_changed_on,
            {dice.day("changed", city.day, -2500, 0)} AS changed_on,
            CASE WHEN {own_body} THEN '青岛市' || district || '行政审批服务局'
                ELSE {_by("jurisdiction", _texts(world.BUREAUS))} END AS registering_body,
            {dice.weighted("status", {"revoked": 1, "cancelled": 4, "active": 95})} AS status,
            strftime({dice.day("changed", city.day, -2500, 0)}, '%Y%m%d') || '01' AS version
        FROM {table}"""


def _licences(city: City) -> str:
    """What is printed: as the registry, or as it was before a change, and now and then in another hand."""
    dice = Dice("m", city.seed)
    name = dice.maybe("name", RENAMED * city.bustle, f"replace(name, brand, {dice.brand('former')})", "name")
    representative = dice.maybe("rep", NEW_REPRESENTATIVE * city.bustle, dice.person("former rep"), "representative")
    in_charge = dice.maybe("pic", NEW_PERSON_IN_CHARGE * city.bustle, dice.person("former pic"), "in_charge")
    maker_before = f"replace(made_by.name, made_by.brand, {dice.brand('former maker')})"
    maker = dice.maybe("maker renamed", 4 * RENAMED * city.bustle, maker_before, "made_by.name")
    office = dice.chance("office", OFFICE_MOVED * city.bustle)
    premises, fate = dice.roll("premises", 1_000_000), "CASE"
    bound = 0
    for what, share in (("plate", PLATE_CHANGED), ("road", ROAD_RENAMED), ("moved", PREMISES_MOVED)):
        bound += round(share * city.bustle * 1_000_000)
        fate += f" WHEN {premises} < {bound} THEN '{what}'"
    hand = dice.maybe("hand", ADDRESS_IN_OTHER_HAND, dice.roll("which hand", 5), "-1")
    name_hand = dice.chance("name hand", NAME_IN_OTHER_HAND)
    flipped = _by("area", _texts(words.FORMER | {v: k for k, v in words.FORMER.items()}), "area")
    full_width = f"translate(l_NUM::VARCHAR, '0123456789', '{''.join(chr(0xFF10 + d) for d in range(10))}')"
    numbers = {
        p: f"coalesce(CASE WHEN hand = 3 THEN {full_width.replace('l_NUM', f'l{p}_number')} ELSE l{p}_number::VARCHAR END || '号', '')"
        for p in "rp"
    }
    written = {
        p: _written(f"l{p}", above="l_above", area="l_area", town=f"CASE WHEN hand = 2 THEN '' ELSE l{p}_town END", number=numbers[p])
        for p in "rp"
    }
    prefixes = {t: f"'{t[:2].upper()}{zlib.crc32(t.encode()) % 90 + 10}'" for t in (*PILOT, *OTHER, *REGISTRATIONS.values())}
    last_day = dice.maybe("no end", 0.06, "NULL", dice.day("ends on", city.day, 0, 1825))
    ends = {"drawing_review": dice.maybe("endless", 0.6, "NULL", "last_day")}
    other_road, other_number = dice.road("other"), dice.roll("other number", 600)
    return f"""
        WITH fated AS (SELECT h.m, h.type, h.maker, k.*, {fate} END AS fate, {office} AS office, {hand} AS hand, {name_hand} AS name_hand,
            {dice.day("issued", city.day, -1825, -60)} AS issued_on,
            {dice.maybe("ended", 0.04, dice.day("ended on", city.day, -400, -1), last_day)} AS last_day
            FROM held h JOIN known k USING (n)),
        printed AS (SELECT *,
            CASE fate WHEN 'road' THEN {other_road} WHEN 'moved' THEN {other_road} ELSE p_road END AS lp_road,
            CASE fate WHEN 'plate' THEN coalesce(p_number, 0) + 1 + {dice.roll("plate", 40)}
                WHEN 'moved' THEN 700 + {other_number} ELSE p_number END AS lp_number,
            p_rest AS lp_rest, CASE fate WHEN 'moved' THEN '' ELSE p_town END AS lp_town FROM fated),
        offices AS (SELECT *,
            CASE WHEN office THEN {other_road} WHEN one_place THEN lp_road ELSE r_road END AS lr_road,
            CASE WHEN office THEN 700 + {other_number} WHEN one_place THEN lp_number ELSE r_number END AS lr_number,
            CASE WHEN office THEN '' ELSE r_rest END AS lr_rest,
            CASE WHEN office THEN '' WHEN one_place THEN lp_town ELSE r_town END AS lr_town,
            CASE WHEN hand IN (0, 2) THEN CASE above WHEN '青岛市' THEN '山东省青岛市' ELSE '青岛市' END ELSE above END
                || CASE WHEN hand = 4 THEN ' ' ELSE '' END AS l_above,
            CASE WHEN hand = 1 THEN {flipped} ELSE area END || CASE WHEN hand = 4 THEN '　' ELSE '' END AS l_area FROM printed),
        named AS (SELECT *, {name} AS l_name FROM offices)
        SELECT {_by("type", prefixes)} || lpad(m::VARCHAR, 8, '0') AS certificate_no, type, named.credit_code,
            CASE WHEN NOT name_hand THEN l_name WHEN contains(l_name, '（') THEN replace(replace(l_name, '（', '('), '）', ')')
                ELSE l_name[:3] || ' ' || l_name[4:] END AS name,
            {dice.maybe("no rep", 0.02, "NULL", representative)} AS legal_representative,
            {dice.maybe("no pic", 0.02, "NULL", in_charge)} AS person_in_charge,
            {dice.maybe("no office", 0.01, "NULL", written["r"])} AS registered_address,
            {dice.maybe("no premises", 0.02, "NULL", written["p"])} AS premises_address,
            made_by.credit_code AS producer_code, {maker} AS producer_name,
            issued_on, {_by("type", ends, "last_day")} AS valid_until,
            {_by("named.jurisdiction", _texts(world.BUREAUS))} AS issuing_body, named.jurisdiction,
            {dice.maybe("void", 0.03, "'void'", "'valid'")} AS status, strftime(issued_on, '%Y%m%d') || '01' AS version
        FROM named LEFT JOIN (SELECT n AS maker, credit_code, name, brand FROM maker) made_by USING (maker)"""


def _properties(city: City) -> str:
    """Three in ten own their premises; of those who buy grain most do."""
    dice = Dice("n", city.seed)
    elsewhere = f"(above || area || {dice.road('second home')} || {dice.roll('second number', 600)} + 1 || '号')"
    here = _written("p", above="'青岛市'", area="district")
    number = "'鲁(2021)青岛市不动产权第' || lpad((n % 10000000)::VARCHAR, 7, '0') || '号'"
    return f"""
        WITH owner AS (SELECT * FROM known WHERE registered AND ({dice.chance("owns", 0.3)}
            OR (n IN (SELECT n FROM held WHERE type = 'grain_purchase') AND {dice.chance("owns grain", 0.8)})))
        SELECT credit_code, {dice.maybe("elsewhere", 0.05, elsewhere, here)} AS address,
            {number} AS certificate_no, '1' AS version FROM owner
        UNION ALL SELECT credit_code, {elsewhere}, {number} || '附', '1' FROM owner WHERE {dice.chance("second", 0.1)}"""


def _blacklist(city: City) -> str:
    """One in 200 is listed today; a few were, or are to leave the list soon."""
    dice = Dice("n", city.seed)
    leaving = dice.maybe("ending", 0.5, dice.day("until", city.day, 0, 700))
    until = dice.maybe("over", 0.3, dice.day("until", city.day, -700, -1), leaving)
    return f"""
        SELECT credit_code, '未按规定公示年度报告' AS reason, {dice.day("since", city.day, -1500, -701)} AS since,
            {until} AS until, '1' AS version
        FROM known WHERE {dice.chance("blacklisted", 0.007)}"""
