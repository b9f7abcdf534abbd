"""Uploads a folder of published weights to the Hugging Face hub."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.offline import offline
from seqvision.presets.facts import NAME
from seqvision.presets.find import find_trained
from seqvision.presets.hub import hub, why
from seqvision.publishing.card import PICTURE
from seqvision.publishing.repeat import CONFIG

_CARD = "README.md"


@dataclass(frozen=True)
class Pushed:
    """An upload: where to, the files with their sizes in bytes, and where it can be seen."""

    repository: str
    files: dict[str, int]
    address: str | None
    """None of one that was only planned."""


def push(folder: Path, repository: str, *, private: bool = False, dry_run: bool = False) -> Pushed:
    """Upload the files of published weights; the repository is created if there is none.

    The token is that which huggingface_hub finds, such as `$HF_TOKEN`; the hub is `$HF_ENDPOINT`'s.

    Args:
        repository: `owner/name`.
        private: whether a repository that is created is.
        dry_run: check all and upload nothing.

    Raises:
        SeqvisionError: the folder holds no published weights or they are damaged, the extra is
            missing, or the hub refuses.
    """
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", repository, re.ASCII):
        raise SeqvisionError(f"{repository}: expected owner/name")
    if not (folder / NAME).is_file():
        raise SeqvisionError(
            f"{folder}: holds no {NAME}; name a folder that `seqvision publish-weights` wrote"
        )
    if not (folder / _CARD).is_file():
        raise SeqvisionError(f"{folder}: lacks {_CARD}, the model card")
    weights = find_trained(folder).file  # With its hash checked.
    names = [NAME, weights.name, _CARD, PICTURE, CONFIG]
    files = {n: (folder / n).stat().st_size for n in names if (folder / n).is_file()}
    api = hub().HfApi
    if dry_run:
        return Pushed(repository, files, None)
    if offline():
        raise SeqvisionError("push: SEQVISION_OFFLINE is set")
    return Pushed(repository, files, _upload(api(), folder, repository, list(files), private))


def _upload(api: Any, folder: Path, repository: str, files: list[str], private: bool) -> str:
    """Upload files in one commit; return the address of the repository."""
    try:
        created = api.create_repo(repository, private=private or None, exist_ok=True)
        api.upload_folder(
            repo_id=created.repo_id,
            folder_path=folder,
            allow_patterns=files,
            commit_message="Trained weights, published by seqvision",
        )
    except Exception as error:  # The hub's, of its client's sockets, of a token that is missing.
        raise SeqvisionError(f"push: {repository}: {why(error)}") from None
    return str(created)
