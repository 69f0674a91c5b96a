"""Reads the archive of a book with other engines and compares with what the program answers, to the fen.

    python3 tests/engines/engines.py PROGRAM BOOK [--spark]

PROGRAM has the archive; requirements.txt lists what Python needs. Of every table that lies in Parquet, DuckDB and pyarrow
must have the documented columns and types and, by day and ledger, as many rows, values and different values, the same least
and greatest, and the same exact sums; pandas the same rows and sums. From the rows of the ledgers alone DuckDB makes the
tie-out of every day and the three-way match by number of two days (archive.sql), and both must be what the program told. The
examples of schemas/archive.md must give what the program answers. At last the bank says one fen more in a copy of one file,
which every check must notice. Whatever differs is named with both figures, and the exit code is 1.

`--spark` asks Spark the same as DuckDB. It is too slow for every submission and is run by hand:

    apt-get install openjdk-17-jre-headless
    pip install -r tests/engines/requirements.txt pyspark==4.3.0
"""

import collections
import concurrent.futures
import csv
import datetime
import decimal
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb
import pandas
import pyarrow
import pyarrow.compute
import pyarrow.parquet

VIEWS = (pathlib.Path(__file__).parent / "archive.sql").read_text()
EVERY_RUN = ("matches", "findings", "open_items", "problems", "totals", "registers")
# What a folder, a file's name or a later run says of a row: no column of a file.
SAID = {"run_on", "run", "ledger", "party", "flow", "is_open", "is_latest"}
# What the next run must know of an open row besides.
MEMO = {"consumed", "claimed"}
MONEY = "decimal(18,2)"


def told(table):
    """What the rows of a table's files are called as long as nothing says which telling is the last."""
    return f"{table}_told" if table in ("findings", "open_items") else table


def text(value):
    """An exact value as the program writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, decimal.Decimal):
        assert value.as_tuple().exponent == -2, f"{value} is not to the fen"
        return format(value, "f")
    assert isinstance(value, (int, str, datetime.date)), f"{value!r} is no exact value"
    return str(value)


def keyed(rows, names, keys):
    """The rows of an answer by their first columns: what each says under the names of the others."""
    said = {}
    for row in rows:
        cells = [text(cell) for cell in row]
        assert tuple(cells[:keys]) not in said, f"{cells[:keys]} comes twice"
        said[tuple(cells[:keys])] = dict(zip(names, cells[keys:], strict=True))
    return said


def differences(what, engine, ours, theirs):
    """Where an engine says otherwise than the program, as lines; what it was not asked it need not say."""
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key), theirs.get(key)
        if mine is None or other is None:
            found.append(f"{what} {'/'.join(key)}: program {mine or 'nothing'}, {engine} {other or 'nothing'}")
            continue
        for name, value in other.items():
            if mine[name] != value:
                found.append(f"{what} {'/'.join(key)} {name}: program {mine[name]}, {engine} {value}")
    return found


class Table:
    """A table as the program documents it, and what is asked of it: one question for every engine that knows SQL."""

    def __init__(self, name, columns):
        self.name, self.columns = name, columns
        self.keys = [key for key in ("run_on", "ledger") if key in columns]
        self.measures = [("rows", None)]
        for column, holds in columns.items():
            if column not in self.keys:
                measures = ["count", "count_distinct", "min", "max"] + ["sum"] * (holds == MONEY)
                self.measures += [(measure, column) for measure in measures]

    def question(self, measures):
        spelt = {"rows": "COUNT(*)", "count_distinct": 'COUNT(DISTINCT "{}")'}
        asked = [spelt.get(measure, measure + '("{}")').format(column) for measure, column in measures]
        names = self.names(measures)
        asked = self.keys + [f"{what} AS {name}" for what, name in zip(asked, names, strict=True)]
        group = f" GROUP BY {', '.join(self.keys)}" if self.keys else ""
        return f"SELECT {', '.join(asked)} FROM {self.name}{group}"

    @staticmethod
    def names(measures):
        return [f"{measure}_{column}" if column else measure for measure, column in measures]

    def profile(self, ask, at_once=None):
        """What is asked of it, so many measures at once."""
        said = collections.defaultdict(dict)
        for start in range(0, len(self.measures), at_once or len(self.measures)):
            measures = self.measures[start:][:at_once]
            rows = keyed(ask(self.question(measures)), self.names(measures), len(self.keys))
            for key, more in rows.items():
                said[key] |= more
        return dict(said)


class Program:
    """The program, asked as anybody asks it."""

    def __init__(self, path, book):
        self.path, self.book = path, book

    def ask(self, question, *more):
        command = [self.path, "query", "--book", self.book, "--format", "csv", *more, question]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{question}\n{done.stderr}"
        return list(csv.reader(io.StringIO(done.stdout)))[1:]

    def tables(self):
        listed = collections.defaultdict(dict)
        for table, column, holds in self.ask("SELECT in_table, name, holds FROM columns"):
            listed[table][column] = holds
        return [Table(name, columns) for name, columns in listed.items()]


class Files:
    """The files of every table, of each day those of its run that stands."""

    def __init__(self, book):
        self.of = {"files": [], "recalled": []} | {told(table): [] for table in EVERY_RUN}
        # Each day, and the first one whose cells it still tells.
        self.days = []
        for folder in sorted((book / "archive").glob("date=*")):
            run = max(folder.glob("run=*"), key=lambda run: int(run.name.removeprefix("run=")))
            manifest = json.loads((run / "manifest.json").read_text())
            day = datetime.date.fromisoformat(manifest["date"])
            kept = int(dict(manifest["settings"])["tie_out.keep_days"])
            self.days.append((day, day - datetime.timedelta(kept)))
            self.of["files"] += sorted(map(str, [*run.glob("entries-*.parquet"), *run.glob("carried-*.parquet")]))
            for table in ("recalled", *EVERY_RUN):
                self.of[told(table)].append(str(run / f"{table}.parquet"))
        for table, kept in manifest["reference"].items():
            run = book / f"archive/date={kept['date']}/run={kept['run']}"
            self.of[table.replace("-", "_")] = [str(run / f"reference-{table}.parquet")]

    def has(self, table):
        return table == "entries" or told(table) in self.of

    def places(self, table):
        """The files of a table with what their paths say, and the cases of each that a later run took back."""
        if table != "entries":
            return [(Place(path), set()) for path in self.of[table]]
        gone = collections.defaultdict(set)
        for path in self.of["recalled"]:
            for case in pyarrow.parquet.read_table(path).to_pylist():
                gone[case["run_on"]].add(case["case_no"])
        places = [Place(path) for path in self.of["files"]]
        kept = [(place, gone[place.day]) for place in places if place.kind == "entries"]
        last = self.days[-1][0]
        return kept + [(place, set()) for place in places if place.kind == "carried" and place.day == last]


class Place:
    """What the path of a file says of its rows."""

    def __init__(self, path):
        self.path = path
        day, run, name = re.search("date=([^/]*)/run=([^/]*)/([^/]*)[.]parquet$", path).groups()
        self.day, self.run = datetime.date.fromisoformat(day), int(run)
        self.kind, _, self.ledger = name.partition("-")


class Sql:
    """An engine that knows SQL; archive.sql says what the tables are."""

    # Measures that one question may ask for.
    at_once = None

    def profile(self, table):
        return table.profile(self.ask, self.at_once)


class DuckDB(Sql):
    name = "DuckDB"
    holds = {"text": "VARCHAR", MONEY: "DECIMAL(18,2)", "date": "DATE", "count": "UINTEGER"}

    def __init__(self, files):
        self.connection = duckdb.connect()
        read = "read_parquet(?, union_by_name = true, filename = true, hive_partitioning = true)"
        for table, paths in files.of.items():
            said = "*" if table == "recalled" else "*, date AS run_on"
            self.connection.execute(f"CREATE TEMPORARY TABLE {table} AS SELECT {said} FROM {read}", [paths])
        self.connection.execute("CREATE TEMPORARY TABLE days (day DATE, kept_from DATE)")
        self.connection.executemany("INSERT INTO days VALUES (?, ?)", files.days)
        self.connection.execute(VIEWS)

    def ask(self, question):
        return self.connection.execute(question).fetchall()

    def types(self, table):
        return {column[0]: column[1] for column in self.ask(f"DESCRIBE {table}")}


class Spark(Sql):
    name = "Spark"
    holds = {"text": "string", MONEY: MONEY, "date": "date", "count": "bigint"}
    # It counts different values by a copy of every row for every column.
    at_once = 40

    def __init__(self, files):
        from pyspark.sql import SparkSession

        settings = {
            "spark.sql.ansi.doubleQuotedIdentifiers": "true",
            "spark.sql.shuffle.partitions": "4",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
        }
        self.session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
        for table, paths in files.of.items():
            # Only the runs that stand are named; the root says which folders are partitions.
            root = paths[0].split("/date=")[0]
            rows = self.session.read.option("mergeSchema", "true").option("basePath", root).parquet(*paths)
            said = [rows["_metadata.file_path"].alias("filename")]
            said += [] if table == "recalled" else [rows["date"].alias("run_on")]
            rows.select("*", *said).coalesce(2).cache().createOrReplaceTempView(table)
        self.session.createDataFrame(files.days, "day date, kept_from date").createOrReplaceTempView("days")
        for statement in re.sub("--.*", "", VIEWS).split(";"):
            if statement.strip():
                self.session.sql(statement)

    def ask(self, question):
        return [tuple(row) for row in self.session.sql(question).collect()]

    def types(self, table):
        return dict(self.session.table(table).dtypes)


class Arrow:
    name = "pyarrow"
    holds = {"text": "string", MONEY: "decimal128(18, 2)", "date": "date32[day]", "count": "uint32"}

    def __init__(self, files, ledgers):
        self.tables = {}
        for name in ["entries", *files.of]:
            if name != "files":
                read = [self.read(place, cases, ledgers) for place, cases in files.places(name)]
                self.tables[name] = pyarrow.concat_tables(read, promote_options="default")
        findings = self.tables["findings_told"]
        ids, days = findings["finding_id"].to_pylist(), findings["run_on"].to_pylist()
        last = dict(zip(ids, days, strict=True))
        latest = [last[name] == day for name, day in zip(ids, days, strict=True)]
        self.tables["findings"] = findings.append_column("is_latest", pyarrow.array(latest))
        items = self.tables["open_items_told"]
        latest = pyarrow.compute.equal(items["run_on"], pyarrow.scalar(files.days[-1][0]))
        self.tables["open_items"] = items.append_column("is_latest", latest)

    @staticmethod
    def read(place, cases, ledgers):
        table = pyarrow.parquet.read_table(place.path)
        said = {"run_on": place.day, "run": place.run}
        if place.kind in ("entries", "carried"):
            party, flow = ledgers[place.ledger]
            said |= {"ledger": place.ledger, "party": party, "flow": flow, "is_open": place.kind == "carried"}
            gone = pyarrow.compute.is_in(table["case_no"], pyarrow.array(sorted(cases), pyarrow.uint32()))
            table = table.filter(pyarrow.compute.invert(gone))
        for name, value in said.items():
            if name not in table.schema.names:
                table = table.append_column(name, pyarrow.repeat(pyarrow.scalar(value), len(table)))
        return table

    def profile(self, table):
        asked, names = [], list(table.keys)
        for measure, column in table.measures:
            if measure == "rows":
                asked.append(([], "count_all"))
                names.append("count_all")
                continue
            counts = pyarrow.compute.CountOptions(mode="only_valid")
            blank_if_none = pyarrow.compute.ScalarAggregateOptions(min_count=1)
            asked.append((column, measure, counts if measure.startswith("count") else blank_if_none))
            names.append(f"{column}_{measure}")
        answer = self.tables[table.name].group_by(table.keys).aggregate(asked)
        rows = zip(*(answer[name].to_pylist() for name in names), strict=True)
        return keyed(rows, table.names(table.measures), len(table.keys))

    def types(self, table):
        return {field.name: str(field.type) for field in self.tables["entries" if table == "files" else table].schema}


class Pandas:
    """Rows and sums, file by file."""

    name = "pandas"

    def __init__(self, files):
        self.files = files

    def profile(self, table):
        rows, sums = collections.Counter(), {}
        for place, cases in self.files.places("entries" if table.name == "entries" else told(table.name)):
            frame = pandas.read_parquet(place.path, dtype_backend="pyarrow")
            frame = frame[~frame["case_no"].isin(cases)] if cases else frame
            key = (str(place.day), place.ledger)[: len(table.keys)]
            rows[key] += len(frame)
            for measure, column in table.measures:
                if measure == "sum" and column in frame and frame[column].notna().any():
                    total = sums.setdefault(key, {})
                    total[column] = total.get(column, decimal.Decimal("0.00")) + frame[column].sum()
        named = {key: {f"sum_{column}": text(total) for column, total in of.items()} for key, of in sums.items()}
        # An engine that groups tells nothing of a group without rows.
        return {key: {"rows": str(n)} | named.get(key, {}) for key, n in rows.items() if n or not table.keys}


def check_columns(table, engine):
    """Every documented column is in the files under its type, and no other."""
    types = engine.types("files" if table.name == "entries" else told(table.name))
    expected = {column: engine.holds[holds] for column, holds in table.columns.items() if column not in SAID}
    found = [
        f"{table.name}.{column}: documented as {kind}, {engine.name} reads {types.get(column)}"
        for column, kind in expected.items()
        if types.get(column) != kind
    ]
    more = types.keys() - expected.keys() - SAID - MEMO - {"date", "filename"}
    return found + [f"{table.name}.{column}: {engine.name} reads it, documented nowhere" for column in sorted(more)]


FIGURES = ("issuer", "bank", "treasury_amount")


def tie_out(ask, table):
    cell = "run_on, on_date, treasury, org, level, subject, adjust_flag"
    return keyed(ask(f"SELECT {cell}, {', '.join(FIGURES)} FROM {table}"), FIGURES, 7)


NUMBERS = {"revenue": "slip_no", "correction": "original_slip", "refund": "voucher_no", "disbursement": "voucher_no"}
PARTIES = {"issuer": "issuers", "bank": "banks", "treasury": "treasuries"}
MATCH = ("entries", *PARTIES.values(), *PARTIES)


def our_matches(program, day, roles):
    """The cases that the program's run of a day proved by number: of each its rows and what each party says of it."""
    known, on_day = ("--as-known-on", day), f"WHERE run_on = '{day}'"
    cases = collections.defaultdict(list)
    columns = ("case_no", "ledger", "flow", "amount", "slip_no", "original_slip", "voucher_no", "file", "file_row")
    for row in program.ask(f"SELECT {', '.join(columns)} FROM entries {on_day} AND fate = 'stands'", *known):
        cases[row[0]].append(dict(zip(columns, row, strict=True)))
    ours = {}
    for case, key, strategy in program.ask(f"SELECT case_no, key, strategy FROM matches {on_day}", *known):
        if "by-voucher" not in strategy.split("+"):
            continue
        # What another strategy joined to the number is no part of the match by number.
        rows = [row for row in cases[case] if row[NUMBERS[row["flow"]]] == key]
        assert rows == cases[case] or strategy != "by-voucher", f"{day} {key}: joined to a row of another number"
        counts, sums = collections.Counter(entries=len(rows)), dict.fromkeys(PARTIES, decimal.Decimal("0.00"))
        for row in rows:
            if role := roles[row["ledger"]]:
                counts[PARTIES[role]] += 1
                sums[role] += decimal.Decimal(row["amount"])
        flow = "revenue" if rows[0]["flow"] == "correction" else rows[0]["flow"]
        ours[flow, key] = {name: text(sums[name] if name in sums else counts[name]) for name in MATCH}
    return ours


def matches(engine, day):
    """The numbers of a day's rows, as an engine joins them."""
    return keyed(engine.ask(f"SELECT flow, number, {', '.join(MATCH)} FROM by_number WHERE run_on = '{day}'"), MATCH, 2)


def joined(numbers):
    """Those that more than one row has: a match."""
    return {number: said for number, said in numbers.items() if said["entries"] != "1"}


def tally(numbers):
    """By flow, on how many the three parties agree, and how many lack whom."""
    flows = collections.defaultdict(collections.Counter)
    for (flow, _), said in numbers.items():
        lacking = [party for party, rows in PARTIES.items() if said[rows] == "0"]
        agree = said["issuer"] == said["bank"] == said["treasury"]
        verdict = f"without {' and '.join(lacking)}" if lacking else "agree" if agree else "differ"
        flows[flow][verdict] += 1
    for flow, counts in sorted(flows.items()):
        parts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        yield f"{flow} {counts.total()}: {parts}"


class Comparison:
    """What the program says, and where another engine says otherwise."""

    def __init__(self, program, tables, days):
        self.program, self.tables, self.days = program, tables, days
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            self.profiles = list(pool.map(lambda table: table.profile(program.ask), tables))
        self.cells = tie_out(program.ask, "totals")
        self.matches = {}

    def of_tables(self, engine):
        return [line for table in self.tables for line in self.of_table(engine, table)]

    def of_table(self, engine, table):
        ours = self.profiles[self.tables.index(table)]
        return differences(table.name, engine.name, ours, engine.profile(table))

    def of_tie_out(self, engine):
        return differences("tie-out", engine.name, self.cells, tie_out(engine.ask, "tie_out"))

    def of_match(self, engine, day):
        if day not in self.matches:
            roles = dict(engine.ask("SELECT ledger, role FROM ledgers"))
            self.matches[day] = our_matches(self.program, day, roles)
        return differences(f"match {day}", engine.name, self.matches[day], joined(matches(engine, day)))


def of_page(program):
    """The examples of schemas/archive.md, in the book's folder."""
    page = (pathlib.Path(__file__).parents[2] / "schemas/archive.md").read_text()
    sql, python = (re.search(f"```{language}\n(.*?)```", page, re.DOTALL).group(1) for language in ("sql", "python"))
    os.chdir(program.book)
    totals, sums = python.splitlines()
    names = {"pandas": pandas}
    exec(totals, names)
    day = re.search("date=([0-9-]+)", totals).group(1)
    examples = [
        (duckdb.sql(sql).fetchall()[0], "SUM(amount) AS yuan FROM entries WHERE ledger = 'bank-receipts' AND NOT is_open"),
        (eval(sums, names).to_list(), f"{', '.join(f'SUM({name})' for name in FIGURES)} FROM totals WHERE run_on = '{day}'"),
    ]
    found = []
    for answer, question in examples:
        columns = [f"sum {place + 1}" for place in range(len(answer))]
        ours = keyed(program.ask(f"SELECT {question}"), columns, 0)
        found += differences(f"example of the page: {question}", "example", ours, keyed([answer], columns, 0))
    return found


def altered(files, day, folder):
    """The files, one of them a copy in which the bank says one fen more of the first receipt of a day that is in a cell."""
    path = next(path for path in files.of["files"] if f"/date={day}/" in path and "/entries-bank-receipts." in path)
    table = pyarrow.parquet.read_table(path)
    row = next(row for row, cell in enumerate(table["cell_on"].to_pylist()) if cell)
    amounts = table["amount"].to_pylist()
    amounts[row] += decimal.Decimal("0.01")
    column = table.schema.get_field_index("amount")
    table = table.set_column(column, table.field(column), pyarrow.array(amounts, table.field(column).type))
    copy = pathlib.Path(folder, *pathlib.Path(path).parts[-3:])
    copy.parent.mkdir(parents=True)
    pyarrow.parquet.write_table(table, copy)
    files.of["files"][files.of["files"].index(path)] = str(copy)
    return f"{'/'.join(copy.parts[-3:])}, {table['slip_no'][row]}"


def main():
    program = Program(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:3]))
    sql = [DuckDB, Spark] if "--spark" in sys.argv[3:] else [DuckDB]
    files = Files(program.book)
    tables = [table for table in program.tables() if files.has(table.name)]
    comparison = Comparison(program, tables, files.days)
    rows = sum(int(said["rows"]) for ours in comparison.profiles for said in ours.values())
    values = sum(len(said) for ours in comparison.profiles for said in ours.values())
    print(f"program: {len(tables)} tables, {rows} rows, {values} figures; {len(comparison.cells)} cells of {len(files.days)} days")
    days = [str(files.days[place][0]) for place in (len(files.days) // 2, -1)]

    wrong = []
    for kind in sql:
        began = time.monotonic()
        engine = kind(files)
        for table in tables:
            wrong += check_columns(table, engine)
        wrong += comparison.of_tables(engine) + comparison.of_tie_out(engine)
        for day in days:
            wrong += comparison.of_match(engine, day)
            for line in tally(matches(engine, day)):
                print(f"{engine.name}: {day} {line}")
        print(f"{engine.name}: tables, tie-out and match by number compared in {time.monotonic() - began:.1f} s")
    ledgers = {ledger: said for ledger, *said in engine.ask("SELECT ledger, party, flow FROM ledgers")}
    for kind in (lambda of: Arrow(of, ledgers), Pandas):
        began = time.monotonic()
        engine = kind(files)
        if engine.name == "pyarrow":
            for table in tables:
                wrong += check_columns(table, engine)
        wrong += comparison.of_tables(engine)
        print(f"{engine.name}: tables compared in {time.monotonic() - began:.1f} s")
    wrong += of_page(program)
    for line in wrong:
        print(line)

    with tempfile.TemporaryDirectory() as folder:
        print(f"one fen more in a copy of {altered(files, days[0], folder)}:")
        entries = next(table for table in tables if table.name == "entries")
        engine = DuckDB(files)
        checks = [comparison.of_tie_out(engine), comparison.of_match(engine, days[0])]
        for engine in (engine, Arrow(files, ledgers), Pandas(files)):
            checks.append(comparison.of_table(engine, entries))
    for found in checks:
        assert found, "a check noticed nothing"
        print(f"  {found[0]}" + (f", and {len(found) - 1} more" if found[1:] else ""))
    sys.exit(1 if wrong else 0)


main()
