"""A mail server for tests. Prints every message that it accepts as one line of JSON.

Usage: mailbox.py PORT
"""

import email
import email.policy
import json
import signal
import sys

from aiosmtpd.controller import Controller


class Mailbox:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        bodies = {kind: message.get_body((kind,)).get_content() for kind in ("plain", "html")}
        headers = [[name, str(value)] for name, value in message.items()]
        print(json.dumps({"to": envelope.rcpt_tos, "headers": headers, **bodies}), flush=True)
        return "250 accepted"


controller = Controller(Mailbox(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print(json.dumps("ready"), flush=True)
signal.sigwait({signal.SIGTERM})
controller.stop()
