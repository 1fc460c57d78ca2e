"""Imports the statements of an independent bank, and checks that every credit reaches its payment.

Usage: mock_bank.py HERMES_URL BANK_URL
"""

import json
import sys
import time
import urllib.request

HERMES, BANK = sys.argv[1:3]
PAYMENTS = 12


def call(url, body=None, content_type="application/json"):
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(url, data, {"Content-Type": content_type} if data else {})
    return json.loads(urllib.request.urlopen(request).read())


def order_credit(number, booking):
    """Orders a transfer. Every fourth one is 1.00 below the amount due."""
    missing = 100 if number % 4 == 0 else 0
    credit = {
        "account": "ACME",
        "amount": int(booking["amount_due"].replace(".", "")) - missing,
        "debtor": {"name": booking["name"]},
    }
    creditor_reference = booking["creditor_reference"]
    if number % 3 == 0:
        credit["reference"] = creditor_reference
    elif number % 3 == 1:
        note = f"Tuition fees autumn term 2026 for {creditor_reference} with many thanks"
        credit.update(note=note, wrap=35)
    else:
        credit.update(note=f"payment {booking['reference']}", wrap=35)
    call(f"{BANK}/_mock/credits", credit)
    return credit["amount"]


def import_statement(text):
    accepted = call(f"{HERMES}/api/statements", text.encode(), "application/xml")
    while True:
        state = call(f"{HERMES}/api/statements/{accepted['id']}")
        if state["state"] == "done":
            return state
        time.sleep(0.1)


def main():
    for number in range(PAYMENTS):
        booking = {"name": "Ana Ruiz", "email": f"p{number}@example.org", "amount": str(100 + number)}
        call(f"{HERMES}/api/bookings", booking | {"currency_from": "EUR"})
    bookings = call(f"{HERMES}/api/bookings")
    ordered = {b["reference"]: order_credit(number, b) for number, b in enumerate(bookings)}
    call(f"{BANK}/_mock/advance?days=2", {})
    for kind in ("camt.054", "camt.053"):
        for message in call(f"{BANK}/_mock/mailbox?type={kind}"):
            state = import_statement(message["body"])
            print(f"{kind}: {state['posted']} posted, {state['duplicates']} imported before")
    received = {
        b["reference"]: int(b["amount_received"].replace(".", "")) for b in call(f"{HERMES}/api/bookings")
    }
    assert received == ordered, (received, ordered)
    print(f"all {len(ordered)} credits have reached their payments, each once")


main()
