from .comparison.across.table import across as across
from .comparison.records import load_records as load_records
from .comparison.table import compare as compare
from .comparison.trials import load_trials as load_trials
from .errors import SeqvisionError as SeqvisionError
from .exporting.api import export as export
from .exporting.stream import streaming as streaming
from .exporting.streaming import step_model as step_model
from .prediction.api import predict as predict
from .runs.record import RunRecord as RunRecord
from .saved import load_model as load_model
from .sweep.api import run as run
from .sweep.tune.api import tune as tune
from .sweep.tune.hypermodel import hypermodel as hypermodel
from .zoo import create_model as create_model
from .zoo import list_models as list_models

__version__: str
