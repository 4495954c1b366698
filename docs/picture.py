"""Makes docs/picture.png, the picture in the README: the reading room as a browser shows it.

    python docs/picture.py [archive.db]

Without an archive it fills one with the invented articles of the tests. Needs what `make browser` installs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]


def main(archive: Path | None) -> None:
    """Serve the archive, search it, and keep what the browser shows."""
    import browser  # noqa: PLC0415  (found beside the tests)
    import fixtures_archive  # noqa: PLC0415
    from room_server import serving  # noqa: PLC0415

    if lacking := [name for name in browser.missing() if name]:
        raise SystemExit(f"{', '.join(lacking)} not found; `make browser` installs what the picture needs.")
    with tempfile.TemporaryDirectory() as folder:
        path = archive or fixtures_archive.build(Path(folder) / "archive.db")
        with serving(path, Path(folder) / "log") as address, browser.browser() as chromium:
            page = chromium.new_page(viewport={"width": 1200, "height": 760}, device_scale_factor=1.5)
            page.goto(f"{address}/search?q=harb*+OR+ferry")
            page.evaluate("document.activeElement.blur()")
            page.screenshot(path=HERE / "picture.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
