"""newspaper4k on the pages of a folder: `run_newspaper4k.py PAGES OUTPUT`."""

import json
import sys
from pathlib import Path

import newspaper

with Path(sys.argv[2]).open("w") as output:
    for page in json.loads(Path(sys.argv[1]).read_text()):
        article = newspaper.Article(page["url"], fetch_images=False)
        article.download(input_html=Path(page["file"]).read_text())
        article.parse()
        output.write(json.dumps({"url": page["url"], "text": article.text, "comments": None}) + "\n")
