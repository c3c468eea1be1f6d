"""Chat: from handing a message to the server until both people have seen it, stored in PostgreSQL meanwhile."""

from __future__ import annotations

import gc
from dataclasses import asdict, dataclass

from bench import figures, machine, servers, world
from bench.bare.chat import cookie_of
from bench.servers import Server
from bench.talk import Outcome, Requests, Talk, join, sustained, talking
from bench.world import Person, Room

_RATES = (100, 1000)
# The columns of the tables, and their names in the file.
_SHOWN = ("median ms", "p95", "p99", "server CPU %", "PostgreSQL CPU %", "server ms a message")
_KEPT = (
    "median_ms",
    "p95_ms",
    "p99_ms",
    "server_cpu_percent",
    "postgresql_cpu_percent",
    "server_cpu_ms_a_message",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often. `search` names the numbers of rooms for which the sustained rate is looked for.

    A room takes 2,400 messages a minute: one room is busy for so short a time, and another one each round.
    """

    rooms: tuple[int, ...] = (1, 100, 500, 1000)
    rounds: int = 5
    seconds: tuple[float, float] = (5.0, 4.0)
    seconds_of_one_room: tuple[float, float] = (4.0, 1.4)
    search: tuple[int, ...] = (100, 500)
    search_rounds: int = 3
    search_seconds: float = 2.0


QUICK = Plan(
    rounds=2,
    seconds=(2.0, 2.0),
    seconds_of_one_room=(2.0, 1.0),
    search=(500,),
    search_rounds=1,
    search_seconds=1.0,
)


class ProductRequests:
    """What the room's page sends: signed in, with the form token in htmx's header."""

    def __init__(self, server: Server, rooms: list[Room], cursors: dict[str, int]) -> None:
        self._server, self._rooms, self._cursors = server, rooms, cursors
        self._heads: dict[tuple[int, int], bytes] = {}

    def stream(self, room: int, side: int) -> bytes:
        """Opened where the page stands, so that nothing is replayed."""
        there = self._rooms[room]
        path = f"/session/{there.id}/events?after={self._cursors[there.id]}"
        return join(
            [f"GET {path} HTTP/1.1", *_browser(self._server, there.people[side]), "Accept: text/event-stream"]
        )

    def message(self, room: int, side: int, number: int) -> bytes:
        """A message of a usual length."""
        body = b"text=Baik%%2C+saya+mengerti.+Bagaimana+dengan+%%5B%08d%%5D&client_id=%s" % (
            number,
            _client_id(number),
        )
        head = self._heads.get((room, side)) or self._head(room, side, len(body))
        return head + body

    def _head(self, room: int, side: int, length: int) -> bytes:
        there = self._rooms[room]
        lines = [
            f"POST /session/{there.id}/messages HTTP/1.1",
            *_browser(self._server, there.people[side]),
            f"X-CSRF-Token: {there.people[side].csrf}",
            f"Origin: http://{self._server.address}",
            "HX-Request: true",
            "Accept: text/html",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {length}",
        ]
        return self._heads.setdefault((room, side), join(lines))


class BareRequests:
    """The same to the limit, which knows no accounts: any signed cookie will do."""

    def __init__(self, server: Server) -> None:
        self._server = server
        people = [(cookie_of(f"user-{room}"), cookie_of(f"expert-{room}")) for room in range(world.PEOPLE)]
        self._people = [(Person(user, ""), Person(expert, "")) for user, expert in people]

    def stream(self, room: int, side: int) -> bytes:
        """The stream of a room."""
        lines = [f"GET /session/{room}/events HTTP/1.1", *_browser(self._server, self._people[room][side])]
        return join([*lines, "Accept: text/event-stream"])

    def message(self, room: int, side: int, number: int) -> bytes:
        """A message as long as the product's."""
        body = b"text=Baik%%2C+saya+mengerti.+Bagaimana+dengan+%%5B%08d%%5D&client_id=%s" % (
            number,
            _client_id(number),
        )
        lines = [f"POST /session/{room}/messages HTTP/1.1", *_browser(self._server, self._people[room][side])]
        return join([*lines, "Content-Type: application/x-www-form-urlencoded"], body)


async def run(quick: bool) -> int:
    """Measure, print, keep; answers the exit code, which says nothing of speed: machines differ."""
    plan, cores = QUICK if quick else Plan(), machine.choose_cores()
    machine.pin(cores.others)
    with servers.postgres() as database:
        dsn = await world.make_world(database.dsn)
        empty = await world.make_database(database.dsn, "limit")
        with (
            servers.product(dsn, cores.server) as product,
            servers.bare("chat", empty, cores.server) as limit,
        ):
            measure = _Measure(dsn, database.pid, product, limit, plan)
            await measure.all_rounds()
    measure.report(machine.describe(cores))
    return 0


class _Measure:
    def __init__(self, dsn: str, database_pid: int, product: Server, limit: Server, plan: Plan) -> None:
        self._dsn, self._database_pid, self._plan = dsn, database_pid, plan
        self._servers = (product, limit)
        self._settings = servers.settings_for(dsn)
        # (server, rooms, rate) → the outcome of each round; (server, rooms) → the rate found in each round
        self._outcomes: dict[tuple[str, int, int], list[Outcome]] = {}
        self._rates: dict[tuple[str, int], list[float]] = {}

    async def all_rounds(self) -> None:
        """Product and limit in turn, with the other first in every second round."""
        for turn in range(self._plan.rounds):
            for rooms in self._plan.rooms:
                for server in self._servers[:: -1 if turn % 2 else 1]:
                    await self._round(server, rooms, turn)
            print(f"  round {turn + 1} of {self._plan.rounds}", flush=True)

    async def _round(self, server: Server, rooms: int, turn: int) -> None:
        gc.collect()
        gc.disable()
        durations = self._plan.seconds_of_one_room if rooms == 1 else self._plan.seconds
        try:
            async with talking(server, await self._requests(server, turn), rooms, self._database_pid) as talk:
                for rate, seconds in zip(_RATES, durations, strict=True):
                    outcome = await talk.say(rate, seconds)
                    self._outcomes.setdefault((server.name, rooms, rate), []).append(outcome)
                if turn < self._plan.search_rounds and rooms in self._plan.search:
                    await self._search(server, rooms, talk)
        finally:
            gc.enable()

    async def _search(self, server: Server, rooms: int, talk: Talk) -> None:
        rate = await sustained(talk, 400, 1.15, self._plan.search_seconds)
        self._rates.setdefault((server.name, rooms), []).append(rate)

    async def _requests(self, server: Server, turn: int) -> Requests:
        if server.name == "limit":
            return BareRequests(server)
        there = await world.rooms(self._dsn, self._settings)
        there = there[turn:] + there[:turn]
        return ProductRequests(server, there, await world.cursors(self._dsn))

    def report(self, about: dict[str, object]) -> None:
        """Tables on the screen, everything in a file."""
        for rate in _RATES:
            rows = [row for rooms in self._plan.rooms for row in self._rows(rooms, rate)]
            columns = ("", *_SHOWN, "lost", "doubled", "refused")
            figures.show(f"Chat at {rate:,} messages a second, until both have seen it", columns, rows)
        searched = []
        for rooms in self._plan.search:
            ours, bare = self._rates[("product", rooms)], self._rates[("limit", rooms)]
            searched.append(
                (f"{rooms} rooms", figures.median(ours), figures.median(bare), figures.ratio(ours, bare))
            )
        figures.show("Chat, sustained messages a second", ("", "product", "limit", "× limit"), searched)
        figures.save("chat", {"machine": about, "plan": asdict(self._plan), **self._kept()})

    def _rows(self, rooms: int, rate: int) -> list[tuple[object, ...]]:
        ours, bare = self._outcomes[("product", rooms, rate)], self._outcomes[("limit", rooms, rate)]
        rows: list[tuple[object, ...]] = []
        for name, outcomes in (("product", ours), ("limit", bare)):
            speeds = [figures.median(one) for one in zip(*map(_speed, outcomes), strict=True)]
            wrong = [sum(getattr(one, what) for one in outcomes) for what in ("lost", "doubled", "refused")]
            rows.append((f"{rooms} rooms, {name}", *speeds, *wrong))
        pairs = zip(zip(*map(_speed, ours), strict=True), zip(*map(_speed, bare), strict=True), strict=True)
        rows.append(
            (f"{rooms} rooms, × limit", *(figures.ratio(one, other) for one, other in pairs), "", "", "")
        )
        return rows

    def _kept(self) -> dict[str, object]:
        return {
            "outcomes": [
                {
                    "server": name, "rooms": rooms, "rate": rate, "sent": one.sent, "lost": one.lost,
                    "doubled": one.doubled, "refused": one.refused,
                    **dict(zip(_KEPT, _speed(one), strict=True)),
                }
                for (name, rooms, rate), outcomes in self._outcomes.items()
                for one in outcomes
            ],
            "sustained": [
                {"server": name, "rooms": rooms, "rates": rates} for (name, rooms), rates in self._rates.items()
            ],
        }  # fmt: skip


def _speed(outcome: Outcome) -> tuple[float, ...]:
    times = [1000 * figures.percentile(outcome.latencies, share) for share in (0.5, 0.95, 0.99)]
    return *times, 100 * outcome.cpu, 100 * outcome.database_cpu, 1000 * outcome.cpu_each


def _browser(server: Server, person: Person) -> list[str]:
    return [
        f"Host: {server.address}",
        "User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
        "Accept-Language: id-ID,id;q=0.9",
        "Sec-Fetch-Site: same-origin",
        f"Cookie: {person.cookie}",
    ]


def _client_id(number: int) -> bytes:
    return b"00000000-0000-4000-8000-%012x" % number
