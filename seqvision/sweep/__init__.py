"""Many runs: what is to be done, and who does it.

- plan.py: configs × seeds, which of them are finished, and how long the rest may take
- schedule.py: hands one run after another to whoever is free, and collects how each ended
- local.py: one run in a process of its own, on this machine
- worker.py: what that process does
"""
