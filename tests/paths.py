"""Where things lie, for tests and the commands beside them."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
FIXTURES = TESTS / "fixtures"
BUILDERS = TESTS / "builders"
