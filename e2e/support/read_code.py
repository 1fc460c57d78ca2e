"""Reads the payment code in a picture, and the code that segno draws for the same transfer.

Usage: read_code.py PICTURE TRANSFER, with the transfer as JSON. Prints both contents as JSON.
"""

import io
import json
import sys

import segno.helpers
import zxingcpp
from PIL import Image


def read(picture):
    codes = zxingcpp.read_barcodes(Image.open(picture).convert("RGB"))
    return codes[0].text if len(codes) == 1 else f"{len(codes)} codes"


def draw(transfer):
    picture = io.BytesIO()
    # The guideline prescribes UTF-8, which is encoding 1.
    segno.helpers.make_epc_qr(encoding=1, **transfer).save(picture, kind="png", scale=8)
    return picture


picture, transfer = sys.argv[1:]
print(json.dumps({"read": read(picture), "expected": read(draw(json.loads(transfer)))}))
