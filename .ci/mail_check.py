"""Books, renews and cancels a payment, and checks its mail.

Usage: mail_check.py PORTAL_URL MAIL_FOLDER
"""

import email
import email.policy
import json
import pathlib
import sys
import time
import urllib.request

portal, folder = sys.argv[1], pathlib.Path(sys.argv[2])
NAME = "<script>alert(1)</script> \U0001f3e6 Zoë"


def post(path, body):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(portal + path, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def message(number):
    """Waits for a message and parses it."""
    path = folder / f"{number:05}.eml"
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"message {number} has not arrived"
        time.sleep(0.05)
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


booking = {"name": NAME, "email": "zoe@example.org", "amount": "35000.50", "currency_from": "EUR", "language": "es"}
reference = post("/api/bookings", booking)["reference"]
booked = message(1)
post(f"/api/bookings/{reference}/cancel", {"reason": "booked twice"})
cancelled = message(2)

assert booked["Subject"] == f"Pago {reference}: 35.700,51\u00a0EUR a Example University", booked["Subject"]
assert cancelled["Subject"] == f"El pago {reference} está anulado", cancelled["Subject"]
for mail in (booked, cancelled):
    assert mail["X-Envelope-To"] == mail["To"] == "zoe@example.org"
    assert mail["From"] == "Example University <payments@example.edu>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects and not mail["Date"].defects and not mail["Message-ID"].defects
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert f"Hola, {NAME}:" in text, text
    assert "<script>" not in html and "&#60;script&#62;" in html, html
    assert f"http://127.0.0.1/payment/{reference}/" in text, text
    # Nothing is fetched when the message is read.
    assert "src=" not in html and "url(" not in html, html
assert booked["Message-ID"] != cancelled["Message-ID"]
print("2 messages arrived as written")
