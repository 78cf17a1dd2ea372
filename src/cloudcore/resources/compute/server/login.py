"""What can be asked of the login and the system of a server. Imports nothing of the entity."""

from __future__ import annotations

from cloudcore.model.param import ANY, param
from cloudcore.model.resource import Action

_LOGIN = (
    param("password", "New password of the login account", width=128, secret=True),
    param("reset_password", "Make up a new password; login-info tells it", bool),
    param("login_account", "Name of the login account", width=32),
)
_KEYS = (param("keypair", "SSH key of the login account", refers="keypairs", alias=("keypair_id",)),)
DEPLOY_DOC = "Files that cloud-init writes at the next start: {path, content, action}; action is create or append"
_FILES = param("deploy_configs", DEPLOY_DOC, ANY)
_START = param("auto_start", "Start it afterwards", bool)

LOGIN_ACTIONS: tuple[Action, ...] = (
    Action(
        name="deploy",
        doc="Give a stopped server another login; cloud-init takes it up at the next start.",
        transition="deploy",
        params=(
            *_KEYS,
            param("delete_keypair", "Take its SSH key away", bool),
            *_LOGIN,
            _FILES,
            _START,
            param("restart", "The same as auto_start: it is off", bool),
        ),
    ),
    Action(
        name="set-password",
        doc="Set a password: by the guest's agent while it runs, otherwise by cloud-init at the next start.",
        transition="set-password",
        params=(param("username", "Account; the login account if not given", width=32), *_LOGIN[:2], _START),
    ),
    Action(
        name="qga-set-password",
        doc="Set a password by the guest's agent.",
        transition="set-password",
        params=(
            param("username", "Account", width=32, required=True),
            param("password", "New password", width=128, secret=True, required=True),
        ),
    ),
    Action(
        name="rebuild-root",
        doc="Make the system disk of a stopped server anew from an image; what is on it is lost.",
        transition="rebuild-root",
        params=(
            param("image_id", "Image; the one that it was made from if not given", refers="images", alias=("image",)),
            param("all_disks", "The further disks too, each of the image that it was made of, else empty", bool),
            *_KEYS,
            *_LOGIN,
            param("user_data", "Cloud-init data, instead of what it has", width=131_072, multiline=True),
            _FILES,
            _START,
        ),
    ),
    Action(
        name="login-info",
        doc="Tell the login account and its password.",
        params=(),
    ),
    Action(
        name="set-sshport",
        doc="Say on which port its SSH server listens; nothing in it changes.",
        params=(param("port", "Port", int, minimum=1, maximum=65_535, required=True, example=2222),),
    ),
    Action(name="qga-ping", doc="Ask whether the agent in a running server answers.", params=()),
    Action(
        name="qga-get-network",
        doc="Ask the agent in a running server for its network cards and their addresses.",
        params=(),
    ),
    Action(
        name="qga-guest-info-task",
        doc="Ask the agent in a running server for its version and what it can do.",
        params=(),
    ),
    Action(name="screen-dump", doc="Show what the screen of a running server shows, as PNG in base64.", params=()),
    Action(
        name="sendkeys",
        doc="Press keys on the keyboard of a running server, together.",
        params=(
            param("keys", "Keys as QEMU calls them, joined by dashes", width=256, required=True, example="ctrl-alt-f1"),
            param("duration", "How long they are held down (ms); absent: 100", int, minimum=0, maximum=10_000),
        ),
    ),
    Action(
        name="user-data",
        doc="Replace its cloud-init data; the next deploy or rebuild-root takes it up.",
        params=(
            param("user_data", "The data; empty for none", width=131_072, multiline=True, example="#cloud-config\n"),
        ),
    ),
)
