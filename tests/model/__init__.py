"""A project in plain Python, written from the contract and the domain's rules: dicts, `Decimal`, `datetime`.

It has nothing of the program in it. A project is a dict under the names of the schema; `world.World` holds projects,
their versions and the keys that were used, takes the inputs of mutations as clients send them, and tells what each
must answer. An id that the program makes is a `drafts.Draft.made_id`, until the answer tells the real one.
"""
