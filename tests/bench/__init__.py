"""How fast it is and how much room it takes, each figure a ratio to a baseline measured in the same run.

`make bench` measures everything and writes docs/performance.md. Figures in one table were taken by turns, one
round after another, so that what else the machine does weighs on all of them alike.
"""
