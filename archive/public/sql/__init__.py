"""Readers' SQL: run in separate processes that can be ended, and what Datasette needs for that.

jobs       the messages between the server and those processes
limits     what one statement may cost
process    what runs in them: one template that has done the imports, and workers forked from it
workers    the server's side of a process: start it, ask it, end it
pool       who may run what and when: a short queue, a few downloads, deadlines
paging     Datasette's page statements, made fit for an index
downloads  a download as an answer, whole or cut
csv_files  whole tables and queries as CSV
stock      every private part of Datasette that is replaced or used, in one place
lifespan   the start and the end of the server, and the watch on the write-ahead log
"""
