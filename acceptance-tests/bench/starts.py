"""The cost of the provider before it does anything: handshake, schema, Terraform's short commands, sizes."""

import statistics

from bench import configurations
from bench.org import Org
from bench.plugin import Plugin
from bench.terraform import Workspace, verb

COLUMNS = {"": -48, "least": 8, "median": 8, "most": 8, "asked": 7, "reached": 8, "Rust proto": 10, "Go": 8}
TITLE = "Process start"
NOTES = [
    "Process start: mutual TLS with a P-521 key, as Terraform has it. Beside it, measured on another day on 2 cores: a "
    "bare Rust provider with next to no schema, and the largest provider written in Go; their schema replies without TLS.",
]
STARTS, COMMANDS = 40, 10


class Starts:
    def __init__(self, programs, root, report):
        self.programs, self.root, self.report = programs, root, report
        self.table = report.table(TITLE, COLUMNS)

    def row(self, what, values, most=None, prototype=None, largest=None):
        median = statistics.median(values)
        reached = None if most is None else "yes" if median <= most else "NO"
        several = len(values) > 1
        self.table.row(what, min(values) if several else None, median, max(values) if several else None,
                       None if most is None else f"≤ {most}", reached, prototype, largest)
        if most is not None:
            self.report.judge(f"process start: {what}", median, most)

    def measure(self):
        schema = self.processes()
        size = self.programs["provider"].stat().st_size / 2**20
        self.row(f"binary, MiB ({self.programs['profile']})", [size], 10, 3.42, 674.2)
        self.row("schema reply, KiB", [len(schema) / 1024], None, 0.73, 4802)
        self.commands()

    def processes(self):
        """The bytes of the schema."""
        schema = b""
        for tls, words in ((True, "mutual TLS"), (False, "without TLS")):
            handshakes, schemas, memory = [], [], []
            for _ in range(STARTS):
                plugin = Plugin(self.programs["provider"], tls)
                try:
                    schema = plugin.get_schema()
                    handshakes.append(plugin.handshake * 1000)
                    schemas.append(plugin.schema * 1000)
                    memory.append(plugin.memory())
                finally:
                    plugin.end()
            # The reference was measured with TLS for handshakes, and without for responses.
            self.row(f"start to handshake, ms, {words}", handshakes, 3, *((1.4, 177) if tls else (1.3, 138)))
            self.row(f"start to schema reply, ms, {words}", schemas, 5, *((None, None) if tls else (2.3, 482)))
            self.row(f"peak memory after it, MiB, {words}", memory, None, *((None, None) if tls else (4.6, 301)))
        return schema

    def commands(self):
        with Org(self.programs["emulator"], self.root, delays=False) as org:
            made = lambda program, environment: Workspace(self.root, self.programs["terraform"], program, environment)
            noop = made(self.programs["noop"], self.programs["noop_environment"])
            ours = made(self.programs["provider"], org.environment())
            self.command("terraform version", noop, ["version"])
            for workspace, whose, compared in ((noop, "no-op provider", [()] * 2), (ours, "ours", [(57, 1663), (90, 2773)])):
                workspace.configure(configurations.ONE_RESOURCE)
                arguments = ["providers", "schema", "-json"]
                self.command(f"providers schema -json, {whose}", workspace, arguments, *compared[0])
                self.command(f"plan of one resource, {whose}", workspace, verb("plan", 10), *compared[1])

    def command(self, what, workspace, arguments, *compared):
        costs = [workspace.run(*arguments) for _ in range(COMMANDS)]
        self.row(f"{what}, ms", [cost.wall * 1000 for cost in costs], None, *compared[:2])
        if arguments[0] == "plan":
            # The maximum: a process lives for milliseconds, so most samples come too early.
            self.row(f"{what}, peak MiB", [max(cost.children_memory for cost in costs)])
