"""Who performs what is done to images in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from cloudcore.model.effects import Effect
from cloudcore.ports.effects import EffectPort
from cloudcore.tasks.flows.image_convert import WORKER
from cloudcore.tasks.flows.image_upload import STORE
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.files.convert import QemuImgConverter
from cloudcore_adapters.web import WebFiles
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.settings import Settings

AT_ONCE = 3
"""Conversions and downloads that run side by side."""
ABANDONED_S = 24 * 3600.0
FENCED_S = 30 * 24 * 3600.0


def open_image_work(
    settings: Settings,
    folder: DataFolder,
    store: FileImageStore,
    source_url: Callable[[str], str],
    on_outcome: Callable[[str], None],
    on_defect: Callable[[Effect, Exception], None],
    stack: ExitStack,
) -> Mapping[str, EffectPort]:
    """The effect ports of the image store by target: quick ones in place, long ones journalled in the data folder."""
    store.remove_partial(ABANDONED_S)
    store.forget_fences(FENCED_S)
    performer = ImagePerformer(
        store,
        converter=QemuImgConverter(store),
        remote=WebFiles(settings.image_networks),
        source_url=source_url,
    )
    runner = EffectRunner(performer, folder / "image-effects", workers=AT_ONCE, on_outcome=on_outcome)
    stack.callback(runner.close, 5.0)
    return {STORE: InlineEffects(performer=performer, on_defect=on_defect), WORKER: runner}
