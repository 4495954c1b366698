"""Each mutant of `make mutants` still breaks something: its text stands once in the sources."""

from tests.house.test_house import MODULES
from tests.mutants import MUTANTS


def test_the_text_of_each_mutant_stands_once() -> None:
    texts = [file.read_text(encoding="utf-8") for file in MODULES.values()]
    found = {mutant.name: sum(text.count(mutant.old) for text in texts) for mutant in MUTANTS}
    assert {name: number for name, number in found.items() if number != 1} == {}
