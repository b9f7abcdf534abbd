"""Keras layers that anyone can import: cells run over time, and what goes with them."""

from typing import TYPE_CHECKING, Any

from seqvision.layers.answer_so_far import AnswerSoFar
from seqvision.layers.bidirectional import Bidirectional
from seqvision.layers.dimension_shuffle import DimensionShuffle
from seqvision.layers.each_line import EachLine
from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.gru import GRU
from seqvision.layers.lstm import LSTM
from seqvision.layers.masked_convolution import MaskedConv1D, MaskedMaxPooling1D
from seqvision.layers.mdlstm import MDLSTM
from seqvision.layers.mini_rocket import MiniRocket
from seqvision.layers.one_step import OneStep
from seqvision.layers.pooling import AttentionPooling, LastStep, MaxOverTime, MeanOverTime
from seqvision.layers.positions import ClassToken, PositionEmbedding
from seqvision.layers.recurrent import Recurrent
from seqvision.layers.simple_rnn import SimpleRNN
from seqvision.layers.standardization import Standardization
from seqvision.old_names import old_name

__all__ = [
    "GRU",
    "LSTM",
    "MDLSTM",
    "AnswerSoFar",
    "AttentionPooling",
    "Bidirectional",
    "ClassToken",
    "DimensionShuffle",
    "EachLine",
    "LastStep",
    "MaskedConv1D",
    "MaskedMaxPooling1D",
    "MaxOverTime",
    "MeanOverTime",
    "MiniRocket",
    "OneStep",
    "PositionEmbedding",
    "Recurrent",
    "SimpleRNN",
    "Standardization",
    "recurrent_layer",
]

if not TYPE_CHECKING:  # To whom any name would be one.

    def __getattr__(name: str) -> Any:
        return old_name(__name__, name)
