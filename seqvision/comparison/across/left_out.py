"""What a table of models and datasets leaves out: a sentence for each reason."""

_MOST = 8


class LeftOut:
    """The cells, or whole datasets, that each reason concerns."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, list[str]]] = {}

    def add(self, reason: str, dataset: str, what: str = "") -> None:
        """Note what is left out on a dataset: a model; all of it if `what` is not given."""
        self._of.setdefault(reason, {}).setdefault(what, []).append(dataset)

    def sentences(self) -> list[str]:
        """Sentences such as `One of the resamples alone, left out: gru on x, y; lstm on z.`."""
        return [
            f"{reason}: {'; '.join(_one(what, datasets) for what, datasets in of.items())}."
            for reason, of in self._of.items()
        ]


def _one(what: str, datasets: list[str]) -> str:
    few = ", ".join(datasets[:_MOST])
    more = f" and {len(datasets) - _MOST} more" if len(datasets) > _MOST else ""
    return f"{what} on {few}{more}" if what else few + more
