"""news-please on the pages of a folder: `run_news_please.py PAGES OUTPUT`."""

import json
import sys
from pathlib import Path

from newsplease import NewsPlease

with Path(sys.argv[2]).open("w") as output:
    for page in json.loads(Path(sys.argv[1]).read_text()):
        found = NewsPlease.from_html(Path(page["file"]).read_text(), url=page["url"])
        output.write(json.dumps({"url": page["url"], "text": found.maintext, "comments": None}) + "\n")
