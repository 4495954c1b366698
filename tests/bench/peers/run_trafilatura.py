"""trafilatura's command line on the pages of a folder: `run_trafilatura.py PAGES OUTPUT`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

pages = {page["url"]: page for page in json.loads(Path(sys.argv[1]).read_text())}
folder = Path(sys.argv[1]).parent / "html"
with tempfile.TemporaryDirectory() as made, Path(sys.argv[2]).open("w") as output:
    command = [str(Path(sys.executable).with_name("trafilatura")), "--json", "--with-metadata"]
    command += ["--parallel", "1", "--input-dir", str(folder), "--output-dir", made]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    for file in Path(made).rglob("*.json"):
        found = json.loads(file.read_text())
        row = {"url": found["source"], "text": found["text"], "comments": found.get("comments")}
        output.write(json.dumps(row) + "\n")
