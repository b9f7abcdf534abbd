"""Asks an oracle and tells it the values of trials; takes up a search by its log."""

import logging
from typing import Any, Literal

from seqvision.config.search import Tunable
from seqvision.config.size import limit
from seqvision.sweep.tune.log import Log
from seqvision.sweep.tune.oracles import asked_quietly, build
from seqvision.sweep.tune.space import code, decoded
from seqvision.sweep.tune.trial import EndedTrial, Proposal


class Proposals:
    """The oracle of a search, in the state that the search's log says.

    Attributes:
        ended: the trials that have ended, in that order.
        ongoing: those that have not, by number.
        used_up: whether the oracle has no more to propose.
    """

    def __init__(self, tunable: Tunable, log: Log):
        self.space, self.objective = tunable.tune.space, tunable.tune.objective
        self.oracle = build(tunable.tune, tunable.untuned.train.epochs)
        self.log = log
        self.limit = limit(tunable.tune)
        self.used_up = False
        self.ended: list[EndedTrial] = []
        self.ongoing: dict[int, Proposal] = {}
        for event in log.events:
            if "ask" in event:
                self._ask_again(event)
            else:
                self._tell(event)

    @property
    def over(self) -> bool:
        """Whether the search proposes no more trials."""
        reached = self.limit is not None and len(self.ended) + len(self.ongoing) >= self.limit
        return reached or self.used_up

    def ask(self) -> "Proposal | Literal['later'] | None":
        """A new trial; `later` if an ongoing one has to end first; None when there is no more."""
        if self.over:
            return None
        with asked_quietly():
            trial = self._create()
        if trial.status == "STOPPED":
            self.used_up = True
            return None
        if trial.status == "IDLE":
            self.log.add(ask=None)
            return "later"
        proposal = _proposal(trial, self.space)
        self.log.add(
            ask=proposal.number,
            values=proposal.values,
            epochs=proposal.epochs,
            after=proposal.after,
        )
        self.ongoing[proposal.number] = proposal
        return proposal

    def tell(
        self, number: int, status: str, value: float | None, runs: list[dict[str, Any]]
    ) -> None:
        """Say how a trial ended."""
        self.log.add(tell=number, status=status, value=value, runs=runs)
        self._tell(self.log.events[-1])

    def _create(self) -> Any:
        return self.oracle.create_trial(f"trial {len(self.oracle.trials) + 1}")

    def _ask_again(self, event: dict[str, Any]) -> None:
        with asked_quietly():
            trial = self._create()
        if event["ask"] is None:
            return
        kept = Proposal(event["ask"], event["values"], event["epochs"], event["after"])
        if _proposal(trial, self.space) != kept:
            # By another version of keras-tuner or scikit-learn. What was tried stays as logged.
            logging.getLogger(__name__).warning(
                "trial %d: the oracle would now propose another; the search keeps its own",
                kept.number,
            )
            codes = {path: code(self.space[path], value) for path, value in kept.values.items()}
            trial.hyperparameters.values |= codes
        self.ongoing[kept.number] = kept

    def _tell(self, event: dict[str, Any]) -> None:
        proposal = self.ongoing.pop(event["tell"])
        self.ended.append(EndedTrial(proposal, event["status"], event["value"], event["runs"]))
        trial = self.oracle.trials[f"{proposal.number - 1:04}"]
        value, worst = event["value"], getattr(self.oracle, "worst", None)
        if value is None and worst is None:
            trial.status = "INVALID"
        else:
            metrics = {self.objective: worst if value is None else value}
            self.oracle.update_trial(trial.trial_id, metrics)
            trial.status = "COMPLETED"
        self.oracle.end_trial(trial)


def _proposal(trial: Any, space: dict[str, Any]) -> Proposal:
    codes = trial.hyperparameters.values
    after = codes.get("tuner/trial_id")
    return Proposal(
        int(trial.trial_id) + 1,
        decoded(space, codes),
        codes.get("tuner/epochs"),
        int(after) + 1 if after is not None else None,
    )
