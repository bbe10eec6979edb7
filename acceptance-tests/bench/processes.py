"""One command, and what it cost: wall time, and CPU and peak memory of itself and of the processes that it started.

CPU is the kernel's own account. A command that has ended and was not waited for yet (WNOWAIT) still has its
/proc/<pid>/stat: utime and stime are its own, cutime and cstime those of its ended children, which for Terraform are
the provider's processes, also those that live for a few milliseconds. The four count in ticks, mostly of 10 ms and
rounded down; the sum of all, from wait4, is exact, and narrows them.

Memory: of the command from wait4, which has the largest of it and its children, and Terraform is larger than a
provider; of the children by looking every 20 ms at VmHWM, a peak: only what one gains in its last 20 ms is missed. A
child that is not yet the provider (between fork and exec) has Terraform's memory and is left out.

Linux only. For Terraform, start what burns the CPU: the launcher of scripts/fetch-terraform becomes a Python that
loads Terraform as a library, and a `python3` on PATH may be a shell script of pyenv's (see terraform.py).
"""

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
LOOK = 0.02


@dataclass
class Cost:
    status: int
    wall: float
    cpu: float
    memory: float
    children_cpu: float
    children_memory: float


def ticks(pid):
    """utime, stime, cutime and cstime of a process, in seconds, and its parent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return [int(field) * TICK for field in fields[11:15]], int(fields[1])


def own_cpu(pid):
    (user, system, _, _), _ = ticks(pid)
    return user + system


def run(command, folder, environment, log):
    """Runs a command to its end; what it says goes to the file `log`."""
    with open(log, "wb") as output:
        started = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], cwd=folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    watch = Watch(process.pid)
    watch.start()
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    except BaseException:
        # Interrupted: nothing of ours goes on. Terraform ends its providers.
        process.terminate()
        process.wait()
        raise
    wall = time.monotonic() - started
    watch.over.set()
    (user, system, children_user, children_system), _ = ticks(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.join()
    total = usage.ru_utime + usage.ru_stime
    # Each pair of ticks hides up to two of them.
    least = max(children_user + children_system, total - (user + system) - 2 * TICK)
    most = min(children_user + children_system + 2 * TICK, total - (user + system))
    has_children = bool(watch.children) or children_user + children_system > 0
    children = max((least + most) / 2, 0.0) if has_children else 0.0
    return Cost(process.returncode, wall, total - children, usage.ru_maxrss / 1024, children, watch.memory)


class Watch(threading.Thread):
    """The largest peak memory among the children of a process, in MiB."""

    def __init__(self, parent):
        super().__init__(daemon=True)
        self.parent, self.children, self.memory, self.over = parent, set(), 0.0, threading.Event()

    def run(self):
        strangers = set()
        try:
            program = os.readlink(f"/proc/{self.parent}/exe")
        except OSError:
            # It has ended already.
            return
        while not self.over.wait(LOOK):
            for pid in os.listdir("/proc"):
                if not pid.isdigit() or pid in strangers:
                    continue
                try:
                    if pid not in self.children:
                        (self.children if ticks(pid)[1] == self.parent else strangers).add(pid)
                    if pid in self.children and os.readlink(f"/proc/{pid}/exe") != program:
                        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                        # One that has ended has none.
                        self.memory = max(self.memory, int(peak[1]) / 1024 if peak else 0.0)
                except (OSError, IndexError):
                    pass
