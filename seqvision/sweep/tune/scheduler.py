"""Runs the trials that an oracle proposes, and tells it how they ended."""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from seqvision.config.search import Tunable
from seqvision.errors import ConfigError
from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, Outcome
from seqvision.sweep.tune.best import best, write_best
from seqvision.sweep.tune.listener import SearchListener
from seqvision.sweep.tune.median import MedianRule
from seqvision.sweep.tune.proposals import Proposals
from seqvision.sweep.tune.table import run_of, write_trials
from seqvision.sweep.tune.trial import EndedTrial, Proposal, trial_name


@dataclass
class _Trial:
    """A trial whose runs have not all ended."""

    proposal: Proposal
    saved: int
    """The epochs of the trial from which it goes on."""
    jobs: list[Job]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """By seed."""


class TrialScheduler(Listener):
    """Gives `run_all` the jobs of trial after trial and hears how they end.

    Args:
        places: how many runs there may be at a time.
    """

    def __init__(
        self,
        tunable: Tunable,
        proposals: Proposals,
        results: Path,
        places: int,
        listener: Listener | None = None,
    ):
        self.tunable, self.proposals, self.results = tunable, proposals, results
        self.folder = results / tunable.name
        self.places = places
        self.listener = listener or Listener()
        tune = tunable.tune
        self.median = MedianRule(tune.median_stop, tune.objective) if tune.median_stop else None
        self.untuned = [Job(tunable.untuned, seed, results) for seed in tune.each_seed]
        self._waiting: deque[Job] = deque(self.untuned)
        self._trials: dict[str, _Trial] = {}
        """By run id, of all runs that have not ended."""
        self._under_way, self._later = 0, False
        self._lock = threading.RLock()
        for ended in proposals.ended:
            self._learn(ended)
        for proposal in list(proposals.ongoing.values()):
            self._take_up(proposal)

    def jobs(self) -> Iterator[Job | None]:
        """The untuned config's runs, then trial after trial, as places are free for them."""
        while True:
            with self._lock:
                # A job whose folder another process holds waits, and counts as under way.
                job = self._next() if self._under_way < self.places else None
                if job:
                    self._under_way += 1
                elif not self._waiting and (
                    self.proposals.over or (self._later and not self._under_way)
                ):
                    return
            yield job

    def begin(self, job: Job) -> None:
        self.listener.begin(job)

    def event(self, job: Job, event: dict[str, Any]) -> str | None:
        if event["event"] != "ask" or not self.median:
            return self.listener.event(job, event)
        if event["row"]["epoch"] == job.config.train.epochs:
            return None
        with self._lock:
            return self.median.judge(event["row"])

    def end(self, outcome: Outcome) -> None:
        self.listener.end(outcome)
        with self._lock:
            if outcome.status == "busy":
                return
            self._under_way -= 1
            self._later = False
            trial = self._trials.get(outcome.job.run_id)
            if trial and outcome.status != "stopped":
                trial.outcomes[outcome.job.seed] = outcome
                if len(trial.outcomes) == len(trial.jobs):
                    self._tell(trial)

    def _next(self) -> Job | None:
        while not self._waiting and not self._later:
            proposal = self.proposals.ask()
            if proposal is None:
                return None
            if proposal == "later":
                self._later = True
            else:
                self._take_up(proposal)
        return self._waiting.popleft() if self._waiting else None

    def _take_up(self, proposal: Proposal) -> None:
        """Have a proposal's runs wait for a place; one whose config is wrong has failed."""
        name = trial_name(self.tunable, proposal.number)
        train: dict[str, Any] = {"test_every": None}
        if proposal.epochs and proposal.epochs < self.tunable.untuned.train.epochs:
            train["stop_after"] = proposal.epochs
        try:
            config = self.tunable.point(proposal.values, name, **train)
        except ConfigError as error:
            self._failed(proposal, str(error))
            return
        seeds = self.tunable.tune.each_seed
        asks = self.median is not None
        jobs = [Job(config, seed, self.results, test=False, asks=asks) for seed in seeds]
        saved = 0
        if proposal.after:
            before = next(t for t in self.proposals.ended if t.proposal.number == proposal.after)
            if before.status == "failed":
                self._failed(proposal, f"trial {proposal.after}, which it goes on from, failed")
                return
            folders = [self.results / run["run_id"] for run in before.runs]
            if all((folder / "checkpoint.npz").exists() for folder in folders):
                saved = before.runs[0]["epochs"]
                jobs = [replace(j, begin_with=f) for j, f in zip(jobs, folders, strict=True)]
        trial = _Trial(proposal, saved, jobs)
        self._trials |= {job.run_id: trial for job in jobs}
        self._waiting.extend(jobs)

    def _failed(self, proposal: Proposal, why: str) -> None:
        runs = [
            {"seed": seed, "status": "failed", "message": why}
            for seed in self.tunable.tune.each_seed
        ]
        self.proposals.tell(proposal.number, "failed", None, runs)
        self._ended()

    def _tell(self, trial: _Trial) -> None:
        objective = self.tunable.tune.objective
        runs = [run_of(trial.outcomes[job.seed], objective, trial.saved) for job in trial.jobs]
        for job in trial.jobs:
            del self._trials[job.run_id]
        statuses = {run["status"] for run in runs}
        status = next(s for s in ("failed", "stopped", "finished") if s in statuses)
        value = None if status == "failed" else fmean(run["value"] for run in runs)
        self.proposals.tell(trial.proposal.number, status, value, runs)
        self._ended()

    def _ended(self) -> None:
        """Write down the trial that ended last, and let others know."""
        ended = self.proposals.ended
        self._learn(ended[-1])
        write_trials(self.folder / "trials.csv", ended, self.tunable)
        leader = best(ended, self.tunable.tune.objective)
        if leader:
            write_best(self.folder / "best.yaml", leader, len(ended), self.tunable)
        if isinstance(self.listener, SearchListener):
            self.listener.trial_ended(ended[-1], leader)

    def _learn(self, trial: EndedTrial) -> None:
        """Let the median rule judge later runs by a trial."""
        if self.median and trial.status == "finished":
            self.median.learn([self.results / run["run_id"] for run in trial.runs])
