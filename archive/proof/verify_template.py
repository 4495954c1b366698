"""Checks proof.json and head.bin of this folder. Needs only Python 3.8 or newer."""

import base64
import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
proof = json.loads((HERE / "proof.json").read_text(encoding="utf-8"))
known = {(HERE / "head.bin").read_bytes()}


def end(node: bytes, steps: "list[str]") -> bytes:
    """Return the hash to which steps lead: each is what to put before and after the hash so far."""
    for step in steps:
        before, after = map(base64.b64decode, step.split(","))
        node = hashlib.sha256(before + node + after).digest()
    return node


for link in proof["links"]:
    if end(base64.b64decode(link["node"]), link["steps"]) not in known:
        raise SystemExit("A link does not lead to head.bin.")
    known.add(base64.b64decode(link["node"]))
for entry in proof["entries"]:
    data = bytes.fromhex(entry["salt"]) + entry["content"].encode("utf-8", "surrogatepass")
    if end(hashlib.sha256(b"\0" + data).digest(), entry["steps"]) not in known:
        raise SystemExit("Not proved: " + entry["content"])
    print("Proved:", entry["content"])
