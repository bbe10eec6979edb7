"""Commands on N clients of one resource each, beside a script that logs in and deploys the same files once."""

import math

from bench import configurations, limit
from bench.org import CALL, DEPLOY, QUEUE, RETRIEVE, Org
from bench.series import COLUMNS, WORDS, Measured, add_row
from bench.terraform import Workspace, verb

TITLE = (f"N clients, salesforce_oauth_client; a deploy takes {DEPLOY:.0f} s, its queue {QUEUE} s, a retrieve {RETRIEVE} s, each "
         f"call {CALL * 1000:.0f} ms")
VERBS = ("apply", "plan", "update", "destroy")


class Clients:
    def __init__(self, programs, root, report):
        self.programs, self.root, self.report = programs, root, report
        self.table = report.table(TITLE, COLUMNS)
        self.limits = {}

    def org(self):
        return Org(self.programs["emulator"], self.root)

    def workspace(self, org):
        return Workspace(self.root, self.programs["terraform"], self.programs["provider"], org.environment())

    def row(self, *cells, **more):
        add_row(self.table, *cells, **more)

    def measure(self, sizes, parallelism):
        for n in sizes:
            # A single client needs one wave, whatever the parallelism is.
            for at_once in [min(parallelism)] if n == 1 else parallelism:
                self.size(n, at_once)
        self.all_off_at_once()

    def size(self, n, parallelism):
        if n not in self.limits:
            self.one_deploy(n)
        measured, floor = {}, self.floor(n, parallelism)
        with self.org() as org:
            workspace = self.workspace(org)
            for name in VERBS:
                workspace.configure(configurations.clients(n, "New" if name == "update" else "App"))
                measured[name] = Measured(workspace.run(*verb(name, parallelism)), org.asked())
                divided = {"no-op": floor[name]}
                if name == "apply":
                    divided |= {"jsforce": self.limits[n][0]}
                    is_same = org.components() == self.limits[n][1]
                    org.asked()
                self.row(n, parallelism, WORDS[name], measured[name].cost, measured[name].asked, divided)
        self.judge(n, parallelism, measured, is_same)

    def one_deploy(self, n):
        with self.org() as org:
            cost = limit.deploy_once(org, n, self.root, "clients")
            asked = org.asked()
            self.limits[n] = cost.wall, org.components()
        self.row(n, None, "login and one deploy by jsforce (the limit)", cost, asked, has_provider=False)

    def floor(self, n, parallelism):
        """verb → wall seconds with a provider that does nothing."""
        workspace = Workspace(self.root, self.programs["terraform"], self.programs["noop"], self.programs["noop_environment"])
        walls = {}
        for name in VERBS:
            workspace.configure(configurations.clients(n, "New" if name == "update" else "App"))
            cost = workspace.run(*verb(name, parallelism))
            walls[name] = cost.wall
            self.row(n, parallelism, f"{name}, no-op provider (the floor)", cost)
        return walls

    def judge(self, n, parallelism, measured, is_same):
        at, judge = f"clients, N={n} p={parallelism}: ", self.report.judge
        waves = math.ceil(n / parallelism)
        for name in ("apply", "update", "destroy"):
            judge(f"{at}deploys, {WORDS[name]}", measured[name].asked.deploys, waves)
        judge(f"{at}the org is then as jsforce would have left it", is_same, True)
        judge(f"{at}retrieves of a plan", measured["plan"].asked.retrieves, 1)
        if n == 1:
            judge(f"{at}calls of an apply", measured["apply"].asked.calls, 12)
            judge(f"{at}wall time of an apply (1.25 x the script's)", measured["apply"].cost.wall, 1.25 * self.limits[n][0], " s")

    def all_off_at_once(self):
        """Guests need the flow and JWT tokens; they are disabled together."""
        with self.org() as org:
            workspace = self.workspace(org)
            for on in (True, False):
                workspace.configure(configurations.client_with_guests(on))
                cost, asked = workspace.run(*verb("apply", 10)), org.asked()
                what = f"guests, flow and JWT tokens {'on' if on else 'off'} at once"
                self.row(1, 10, what, cost, asked)
                self.report.judge(f"clients: deploys, {what}", asked.deploys, 1)
