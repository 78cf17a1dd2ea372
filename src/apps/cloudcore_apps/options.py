"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.settings import DATA_VARIABLE, default_data

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=DATA_VARIABLE,
    help="Data folder.  [default: cloudcore in the XDG data home]",
)


def folder_of(data: Path | None) -> DataFolder:
    """The chosen or the default data folder."""
    return DataFolder(data.absolute() if data is not None else default_data())
