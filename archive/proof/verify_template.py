"""Checks proof.json and head.bin of this folder. Needs only Python 3.8 or newer."""

import base64
import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
proof = json.loads((HERE / "proof.json").read_text(encoding="utf-8"))
roots: "dict[int, bytes]" = {}
previous = base64.b64decode(proof["seals"][0]["previous"])
number, first = proof["seals"][0]["number"], proof["seals"][0]["first"]
for seal in proof["seals"]:
    told = f"{number} {first} {seal['last']} {seal['at']}\n".encode()
    roots[number] = base64.b64decode(seal["root"])
    previous = hashlib.sha256(b"\2" + told + roots[number] + previous).digest()
    number, first = number + 1, seal["last"] + 1
if (HERE / "head.bin").read_bytes() != previous:
    raise SystemExit("head.bin is not the head of the last seal.")
for entry in proof["entries"]:
    data = bytes.fromhex(entry["salt"]) + entry["content"].encode("utf-8", "surrogatepass")
    node = hashlib.sha256(b"\0" + data).digest()
    place = entry["index"]
    last = entry["size"] - 1
    for step in map(base64.b64decode, entry["path"]):
        is_right = place % 2 == 1 or place == last
        while is_right and place and place % 2 == 0:
            place = place // 2
            last = last // 2
        node = hashlib.sha256(b"\1" + (step + node if is_right else node + step)).digest()
        place = place // 2
        last = last // 2
    if node != roots[entry["seal"]]:
        raise SystemExit("Not proved: " + entry["content"])
    print("Proved:", entry["content"])
