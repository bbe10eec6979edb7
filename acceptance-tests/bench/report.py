"""The tables: printed while they grow, and written as Markdown at the end."""

import os
import platform
import time


class Table:
    def __init__(self, title, columns):
        """`columns`: heading → width; a negative width is a text column, aligned to the left."""
        self.title, self.columns, self.rows = title, columns, []

    def line(self, cells):
        aligned = [cell.ljust(-width) if width < 0 else cell.rjust(width)
                   for cell, width in zip(cells, self.columns.values())]
        return " ".join(aligned).rstrip()

    def begin(self):
        print(f"\n{self.title}\n\n{self.line(list(self.columns))}", flush=True)

    def row(self, *cells):
        cells = [shown(cell) for cell in cells]
        self.rows.append(cells)
        print(self.line(cells), flush=True)

    def markdown(self):
        rule = ["---" if width < 0 else "---:" for width in self.columns.values()]
        lines = [list(self.columns), rule, *self.rows]
        return f"## {self.title}\n\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def shown(value):
    """A cell: a number with three digits, or empty without a value."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "0" if value == 0 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return str(value)


class Report:
    def __init__(self, title, notes):
        self.title, self.notes, self.tables = title, notes, []
        self.begun = machine()
        self.asked = Table("Asked, and measured here", {"figure": -66, "measured": 12, "asked": 12, "reached": 8})
        print("\n".join([title, *notes, self.begun]), flush=True)

    def table(self, title, columns):
        table = Table(title, columns)
        self.tables.append(table)
        table.begin()
        return table

    def judge(self, figure, measured, most, unit=""):
        """A row of the last table. `most` is a maximum, or an expected boolean."""
        if isinstance(most, bool):
            cells = ["yes" if measured else "no", "yes", "yes" if measured else "NO"]
        else:
            cells = [f"{shown(measured)}{unit}", f"≤ {shown(most)}{unit}", "yes" if measured <= most else "NO"]
        self.asked.rows.append([figure, *cells])

    def verdicts(self):
        self.asked.begin()
        for row in self.asked.rows:
            print(self.asked.line(row))

    def write(self, path):
        tables = [table for table in [*self.tables, self.asked] if table.rows]
        notes = "\n".join(f"- {note}" for note in [*self.notes, self.begun, f"At the end: {machine()}"])
        with open(path, "w") as file:
            file.write("\n".join([f"# {self.title}\n", notes + "\n", *(table.markdown() for table in tables)]))
        print(f"\nwritten to {path}")


def machine():
    """The time, the machine, and its other load."""
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return (f"{time.strftime('%Y-%m-%d %H:%M %Z')}, {os.cpu_count()} cores, {platform.machine()} {platform.system()}, "
            f"load over 1, 5 and 15 minutes {load}")
