"""An S3 with one bucket, until it is killed: `python moto_s3.py PORT BUCKET`, in moto's own environment."""

from __future__ import annotations

import sys
import threading
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

if __name__ == "__main__":
    port, bucket = sys.argv[1:]
    ThreadedMotoServer(ip_address="127.0.0.1", port=int(port), verbose=False).start()
    urlopen(Request(f"http://127.0.0.1:{port}/{bucket}", method="PUT")).close()
    print("ready", flush=True)
    threading.Event().wait()
