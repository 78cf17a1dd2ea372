"""task-notify: whoever wanted to know of a task's end is told; with pauses, several times, and then no more."""

from __future__ import annotations

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.resources.audit.tasknotice import NOTICE_LIFECYCLE, TASKNOTICES, TELL_ATTEMPTS, TELL_S
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.notice import NOTIFIER


def _tell(ctx: Context) -> Effects:
    args = {"notice_id": ctx.task.obj_id, "delivery_id": ctx.task.obj_id}
    return Effect(kind="task-notify", target=NOTIFIER, resource=ctx.task.obj_id, args=args)


def _told(ctx: Context) -> None:
    notices = ctx.tx.of(TASKNOTICES, PLATFORM)
    if (notice := notices.get(ctx.task.obj_id)) is not None:
        notices.remove(notice)


def _given_up(ctx: Context, reason: str) -> None:
    notices = ctx.tx.of(TASKNOTICES, PLATFORM)
    if (notice := notices.get(ctx.task.obj_id)) is not None:
        failed = str(NOTICE_LIFECYCLE.transition("tell").failed)
        notices.save(evolve(notice, status=failed, status_reason=reason[:1000]), action="tell_fail")


TASK_NOTIFY = Flow(
    name="task-notify",
    obj_type="tasknotice",
    steps=(Step(name="tell", do=_tell, deadline_s=TELL_S, attempts=TELL_ATTEMPTS),),
    succeed=_told,
    fail=_given_up,
)
