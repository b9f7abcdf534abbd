"""Many runs: planning them and performing them.

- api.py: `seqvision.run`, of one or many
- plan.py: configs × seeds, which of them are finished, and how long the rest may take
- schedule.py: hands runs to free places, and collects how each ended
- where.py: whether runs are performed on this machine or on a cluster
- local.py: runs in processes of their own, on this machine
- cluster.py: runs in tasks of a Ray cluster
- workers.py: those processes, kept from one run to the next, on whichever machine
- worker_process.py: one of them, and what is said through its pipes
- forks.py: where they come from
- worker.py: what they do
- progress_sender.py: how they tell of it
"""
