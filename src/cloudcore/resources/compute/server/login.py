"""What can be asked of the login and the system of a server. Imports nothing of the entity."""

from __future__ import annotations

from cloudcore.model.resource import Action

_LOGIN = (
    ("password", "New password of the login account"),
    ("reset_password", "Make up a new password; login-info tells it"),
    ("login_account", "Name of the login account"),
)
_KEYS = (("keypair", "SSH key of the login account"),)
_START = ("auto_start", "Start it afterwards")

LOGIN_ACTIONS: tuple[Action, ...] = (
    Action(
        name="deploy",
        doc="Give a stopped server another login; cloud-init takes it up at the next start.",
        transition="deploy",
        params=(*_KEYS, ("delete_keypair", "Take its SSH key away"), *_LOGIN, _START),
    ),
    Action(
        name="set-password",
        doc="Set a password: by the guest's agent while it runs, otherwise by cloud-init at the next start.",
        transition="set-password",
        params=(("username", "Account; the login account if not given"), *_LOGIN[:2], _START),
    ),
    Action(
        name="qga-set-password",
        doc="Set a password by the guest's agent.",
        transition="set-password",
        params=(("username", "Account"), ("password", "New password")),
    ),
    Action(
        name="rebuild-root",
        doc="Make the system disk of a stopped server anew from an image; what is on it is lost.",
        transition="rebuild-root",
        params=(
            ("image_id", "Image; the one that it was made from if not given"),
            ("all_disks", "The further disks too, each of the image that it was made of, else empty"),
            *_KEYS,
            *_LOGIN,
            ("user_data", "Cloud-init data, instead of what it has"),
            _START,
        ),
    ),
    Action(
        name="login-info",
        doc="Tell the login account and its password.",
    ),
    Action(name="qga-ping", doc="Ask whether the agent in a running server answers."),
    Action(name="screen-dump", doc="Show what the screen of a running server shows, as PNG in base64."),
    Action(
        name="user-data",
        doc="Replace its cloud-init data; the next deploy or rebuild-root takes it up.",
        params=(("user_data", "The data; empty for none"),),
    ),
)
