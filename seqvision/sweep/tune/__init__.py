"""Searches: keras-tuner's oracles propose, ordinary runs answer.

- api.py: tuning from Python
- search.py: a search from its first run to its verdict
- scheduler.py: the trials that are proposed become runs
- proposals.py: asks an oracle and tells it the values of trials; goes on by the log
- oracles.py: the four oracles, changed so that they can be asked side by side and again
- space.py: a config's `tune.space` as keras-tuner's hyperparameters
- log.py: what an oracle was asked and told, on disk at once
- trial.py: what is known of a trial
- median.py: the rule that ends a hopeless run
- listener.py: who hears of trials
- columns.py, table.py: trials.csv
- best.py: the best trial, and best.yaml
- verdict.py: the best config beside the untuned one, on the test images
- cleanup.py: removes what a search no longer needs
- hypermodel.py: the config as a `keras_tuner.HyperModel`, for keras-tuner's own tuners
"""
