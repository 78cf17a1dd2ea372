"""Who tells callers of this process that their tasks are over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from cloudcore.ports.effects import EffectPort
from cloudcore.resources.audit.tasknotice import TaskNotice
from cloudcore.tasks.notice import NOTIFIER, NoticePerformer
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.web import WebNotifier
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.settings import Settings

AT_ONCE = 4
"""Those who are told side by side: one who does not answer holds up no other for long."""


def open_notices(
    settings: Settings,
    folder: DataFolder,
    notice_of: Callable[[str], TaskNotice | None],
    on_outcome: Callable[[str], None],
    stack: ExitStack,
) -> Mapping[str, EffectPort]:
    """The effect port of the notifier by target; its threads end with the stack."""
    performer = NoticePerformer(WebNotifier(settings.notify_networks), notice_of)
    runner = EffectRunner(performer, folder / "notify-effects", workers=AT_ONCE, on_outcome=on_outcome)
    stack.callback(runner.close, 5.0)
    return {NOTIFIER: runner}
