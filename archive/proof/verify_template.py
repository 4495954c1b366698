"""Checks proof.json and head.bin of this folder. Needs only Python 3.8 or newer."""

import base64
import hashlib
import json
import re
from pathlib import Path

HERE = Path(__file__).parent
proof = json.loads((HERE / "proof.json").read_text(encoding="utf-8"))
known = {(HERE / "head.bin").read_bytes()}
FORM = re.compile(rb"\x01.{64}|\x02\d+ \d+ \d+ \S+\n.{64}|\x00(seals \d+\n)?.{32}", re.DOTALL)
"""Two hashes; a seal with its root and the head before it; a seal in a list, or the list in the log."""


def end(node: bytes, steps: "list[str]") -> bytes:
    """Return the hash to which steps lead: each is what to put before and after the hash so far."""
    for step in steps:
        before, after = map(base64.b64decode, step.split(","))
        data = before + node + after
        if not FORM.fullmatch(data) or len(after) not in (0, 32):
            raise SystemExit("A step leads through something that is no part of a log.")
        node = hashlib.sha256(data).digest()
    return node


for link in proof["links"]:
    if end(base64.b64decode(link["node"]), link["steps"]) not in known:
        raise SystemExit("A link does not lead to head.bin.")
    known.add(base64.b64decode(link["node"]))
for entry in proof["entries"]:
    salt = bytes.fromhex(entry["salt"])
    data = b"\0" + salt + entry["content"].encode("utf-8", "surrogatepass")
    if len(salt) != 16 or end(hashlib.sha256(data).digest(), entry["steps"]) not in known:
        raise SystemExit("Not proved: " + entry["content"])
    print("Proved:", entry["content"])
