"""Searches: keras-tuner's oracles propose, ordinary runs answer.

- space.py: a config's `tune.space` as keras-tuner's hyperparameters
- size.py: how many trials a search is
- oracles.py: the four oracles, told what they need to be asked side by side and again
- trial.py: what is known of a trial
- log.py: what was asked and told, on disk at once
- proposals.py: ask and tell, written down; a search that was killed goes on by doing it again
- median.py: the rule that ends a hopeless run
- listener.py: who hears of trials
- search.py: proposals become runs, runs become answers
- table.py: trials.csv and best.yaml
- verdict.py: the best config beside the untuned one, on the test images
- api.py: all of it, from Python
- hypermodel.py: the config as a `keras_tuner.HyperModel`, for keras-tuner's own tuners
"""
