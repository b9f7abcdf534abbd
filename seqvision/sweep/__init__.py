"""Many runs: planning them and performing them.

- api.py: `seqvision.run`, of one or many
- plan.py: configs × seeds, which of them are finished, and how long the rest may take
- schedule.py: hands runs to free places, and collects how each ended
- where.py: whether runs are performed on this machine or on a cluster
- local.py: one run in a process of its own, on this machine
- cluster.py: one run in a task of a Ray cluster
- worker.py: what that process, or that task, does
"""
