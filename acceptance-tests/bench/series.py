"""Commands on N apps: with the provider, with batching disabled, with a provider that does nothing, and a jsforce script
for the same files."""

import math
from dataclasses import dataclass

from bench import configurations, limit
from bench.org import CALL, DEPLOY, QUEUE, RETRIEVE, SEED, Asked, Org
from bench.processes import Cost
from bench.terraform import Workspace, verb

VERBS = ("apply", "plan", "refresh", "update", "destroy")
WORDS = {"apply": "apply", "plan": "plan, nothing to do", "refresh": "refresh",
         "update": "update of one attribute of each app", "destroy": "destroy"}
COLUMNS = {"apps": 4, "-par.": 5, "what": -40, "deploys": 7, "retrieves": 9, "calls": 6, "wall s": 8, "×no-op": 7,
           "×off": 6, "×jsforce": 8, "CPU s": 7, "TF CPU s": 8, "CPU/TF's": 8, "MiB": 6, "TF MiB": 6, "org CPU s": 9}
TITLE = (f"N apps with settings and policies; a deploy takes {DEPLOY:.0f} s, its queue {QUEUE} s, a retrieve {RETRIEVE} s, "
         f"each call {CALL * 1000:.0f} ms")
NOTES = [
    "Wall time divided by: ×no-op, the same command with a provider that does nothing (the floor); ×off, the same with "
    "SALESFORCE_BATCHING=off; ×jsforce, one deploy of the same files by a script (the limit).",
    "CPU s and MiB (peak) are the provider's processes; TF's are Terraform's own, with the 0.1 s that it takes to start.",
]


@dataclass
class Measured:
    cost: Cost
    asked: Asked


def add_row(table, n, parallelism, what, cost, asked=None, divided=None, has_provider=True):
    ratio = lambda name: cost.wall / divided[name] if divided and divided.get(name) else None
    provider = [cost.children_cpu, cost.cpu, cost.children_cpu / cost.cpu, cost.children_memory, cost.memory]
    table.row(
        n, parallelism, what, *((asked.deploys, asked.retrieves, asked.calls) if asked else (None, None, None)),
        cost.wall, ratio("no-op"), ratio("off"), ratio("jsforce"), *(provider if has_provider else [None] * 5),
        asked.cpu if asked else None)


class Series:
    def __init__(self, programs, root, report, off_up_to, bad_at):
        """`off_up_to`: with more apps, an apply without batching takes too long. `bad_at`: the N and the parallelism for the
        test with one bad app: a high parallelism, because three more deploys are not visible among thirty."""
        self.programs, self.root, self.report = programs, root, report
        self.off_up_to, self.bad_at = off_up_to, bad_at
        self.table = report.table(TITLE, COLUMNS)
        self.limits, self.unbatched = {}, {}
        # (N, parallelism, verb) → Measured
        self.results = {}

    def size(self, n, parallelism):
        floor = self.floor(n, parallelism)
        if n not in self.limits:
            self.one_deploy(n)
        if n not in self.unbatched:
            self.without_batching(n, parallelism)
        with self.org() as org:
            workspace = self.workspace(org)
            for name in VERBS:
                workspace.configure(configurations.apps(n, "New" if name == "update" else "App"))
                measured = Measured(workspace.run(*verb(name, parallelism)), org.asked())
                self.results[n, parallelism, name] = measured
                divided = {"no-op": floor[name]}
                if name == "apply":
                    divided |= {"off": self.unbatched[n], "jsforce": self.limits[n][0]}
                    is_same = org.components() == self.limits[n][1]
                    org.asked()
                self.row(n, parallelism, WORDS[name], measured.cost, measured.asked, divided)
        self.judge(n, parallelism, floor["apply"], is_same)
        if (n, parallelism) == self.bad_at:
            self.one_bad_app(n, parallelism)

    def org(self, **more):
        return Org(self.programs["emulator"], self.root, **more)

    def workspace(self, org, **more):
        return Workspace(self.root, self.programs["terraform"], self.programs["provider"], org.environment() | more)

    def row(self, *cells, **more):
        add_row(self.table, *cells, **more)

    def floor(self, n, parallelism):
        """verb → wall seconds with a provider that does nothing."""
        workspace = Workspace(self.root, self.programs["terraform"], self.programs["noop"], self.programs["noop_environment"])
        walls = {}
        for name in VERBS:
            workspace.configure(configurations.apps(n, "New" if name == "update" else "App"))
            cost = workspace.run(*verb(name, parallelism))
            walls[name] = cost.wall
            self.row(n, parallelism, f"{name}, no-op provider (the floor)", cost)
        return walls

    def one_deploy(self, n):
        with self.org() as org:
            cost = limit.deploy_once(org, n, self.root)
            asked = org.asked()
            self.limits[n] = cost.wall, org.components()
        self.row(n, None, "one deploy by jsforce (the limit)", cost, asked, has_provider=False)

    def without_batching(self, n, parallelism):
        self.unbatched[n] = None
        what = "apply, SALESFORCE_BATCHING=off"
        if n > self.off_up_to:
            self.table.row(n, parallelism, f"{what}: not run", *[None] * 13)
            return
        with self.org() as org:
            workspace = self.workspace(org, SALESFORCE_BATCHING="off")
            workspace.configure(configurations.apps(n))
            cost = workspace.run(*verb("apply", parallelism))
            self.unbatched[n] = cost.wall
            self.row(n, parallelism, what, cost, org.asked(), {"jsforce": self.limits[n][0]})

    def judge(self, n, parallelism, floor, is_same):
        at = f"N={n} p={parallelism}: "
        apply, plan = (self.results[n, parallelism, name] for name in ("apply", "plan"))
        waves = math.ceil(n / parallelism)
        deploys = 3 * waves
        bound = floor + 1.25 * (deploys * (QUEUE + DEPLOY + RETRIEVE) + waves * RETRIEVE)
        judge = self.report.judge
        judge(f"{at}deploys of an apply (3 x ceil(N/p), and a fifth)", apply.asked.deploys, math.ceil(1.2 * deploys))
        judge(f"{at}wall time of an apply", apply.cost.wall, bound, " s")
        judge(f"{at}calls for each deploy of an apply", apply.asked.calls / max(apply.asked.deploys, 1), 12)
        judge(f"{at}the org is then as jsforce would have left it", is_same, True)
        judge(f"{at}retrieves of a plan", plan.asked.retrieves, 1)
        judge(f"{at}calls of a plan", plan.asked.calls, 8)
        if n >= 10:
            for name, measured in (("apply", apply), ("plan", plan)):
                judge(f"{at}provider CPU / Terraform's own, {name}", measured.cost.children_cpu / measured.cost.cpu, 0.1)
        if n >= 300:
            judge(f"{at}peak memory of the provider", apply.cost.children_memory, 64, " MiB")

    def at_a_real_pace(self, n, parallelism):
        """The counts must not depend on durations; the wall time is only reported."""
        with self.org(real_pace=True) as org:
            workspace = self.workspace(org)
            # The number of Terraform's steps where one waits for another.
            for name, steps in {"apply": 3, "update": 1, "destroy": 3}.items():
                workspace.configure(configurations.apps(n, "New" if name == "update" else "App"))
                cost, asked = workspace.run(*verb(name, parallelism)), org.asked()
                self.row(n, parallelism, f"{WORDS[name]}, at a real pace (seed {SEED})", cost, asked)
                most = steps * math.ceil(n / parallelism)
                at = f"N={n} p={parallelism}, at a real pace, {name}: "
                self.report.judge(f"{at}deploys", asked.deploys, most)
                self.report.judge(f"{at}cancelled deploys", asked.cancels, 0)

    def one_bad_app(self, n, parallelism):
        """Compared with an apply of the same configuration in order: separate blocks take a different path than those
        with `count`."""
        deploys = {}
        for what, bad in (("apply, resources written out one by one", False), ("the same, one of the apps bad", True)):
            with self.org() as org:
                workspace = self.workspace(org)
                workspace.configure(configurations.written_out(n, with_a_bad_app=bad))
                cost = workspace.run(*verb("apply", parallelism), may_fail=bad)
                asked = org.asked()
                deploys[bad] = asked.deploys
                self.row(n, parallelism, what, cost, asked)
                failed, made = workspace.failed(), workspace.resources()
        at = f"N={n} p={parallelism}, one bad app: "
        bad = f"salesforce_external_client_app_oauth_settings.app{n // 2}"
        # Its policies are not started, because its settings do not exist.
        self.report.judge(f"{at}only it fails ({made} of {3 * n} resources made)", failed == {bad} and made == 3 * n - 2, True)
        self.report.judge(f"{at}deploys", deploys[True], deploys[False] + 3)

    def growth(self):
        """Exponents: 1 is proportional to N."""
        sizes = sorted({n for n, _, _ in self.results if n >= 10})
        if len(sizes) < 2:
            return
        few, many = sizes[0], sizes[-1]
        exponent = lambda less, more: math.log(max(more, 1e-9) / max(less, 1e-9)) / math.log(many / few)
        for parallelism in sorted({p for _, p, _ in self.results}):
            for name in ("apply", "plan"):
                less, more = (self.results.get((n, parallelism, name)) for n in (few, many))
                if not less or not more:
                    continue
                at = f"N={few} to {many} p={parallelism}, {name}: exponent of "
                self.report.judge(f"{at}calls", exponent(less.asked.calls, more.asked.calls), 1.1)
                self.report.judge(f"{at}provider CPU", exponent(less.cost.children_cpu, more.cost.children_cpu), 1.1)
                self.report.judge(f"{at}memory", exponent(less.cost.children_memory, more.cost.children_memory), 1.1)
