"""Every `openstack` command of identity, with its options: what it ends with, and what it shows.

The steps are in the order of a life: what one makes the next ones use. `{name}` stands for an id that was kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

PASSWORD = "Correct-horse-1"
OFFERED_NOT = 1


@attrs.frozen(kw_only=True)
class Step:
    """One command line.

    shows: of what is shown, these keys; a list's: of a column these values among others.
    column, rows: exactly these values in a column, in any order.
    says: for one that fails, or complains, words of what it says.
    keep: under which name its id is kept.
    """

    line: str
    fails: bool = False
    shows: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    column: str = ""
    rows: Sequence[Any] = ()
    says: str = ""
    keep: str = ""


def do(line: str) -> Step:
    """One that succeeds."""
    return Step(line=line)


def show(line: str, keep: str = "", **shows: Any) -> Step:
    """One that shows a thing with these values."""
    return Step(line=line, shows=shows, keep=keep)


def rows(line: str, column: str, *values: Any) -> Step:
    """One that lists exactly these values in a column."""
    return Step(line=line, column=column, rows=values)


def no(line: str, says: str) -> Step:
    """One that ends with another status than 0 and a word about why."""
    return Step(line=line, fails=True, says=says)


def complains(line: str, says: str) -> Step:
    """One that says something on the channel for errors and ends with 0: the client's own way."""
    return Step(line=line, says=says)


LAB, IN_LAB, OF_LAB = "--domain lab", "--project web --project-domain lab", "--user ann --user-domain lab"
CREW = "--group crew --group-domain lab"
MEMBER = "--group-domain lab --user-domain lab crew"

DOMAINS = (
    show("domain create lab --description first", keep="lab", name="lab", enabled=True, description="first"),
    show("domain create lab --or-show", name="lab"),
    no("domain create lab", "already used"),
    show("domain create off --disable", enabled=False),
    show("domain create loose --no-immutable", name="loose"),
    no("domain create fixed --immutable", "immutable is not offered"),
    show("domain show lab", description="first"),
    show("domain show {lab}", name="lab"),
    no("domain show nosuch", "No Domain found"),
    do("domain set lab --description second --name lab2"),
    do("domain set lab2 --name lab --disable"),
    rows("domain list --enabled", "Name", "Default", "loose"),
    rows("domain list", "Name", "Default", "lab", "loose", "off"),
    rows("domain list --name lab", "Name", "lab"),
    do("domain set lab --enable"),
    no("domain set lab --immutable", "immutable is not offered"),
    no("domain set nosuch --enable", "No Domain found"),
    no("domain delete lab", "disable the domain"),
    do("domain set loose --disable"),
    do("domain delete off loose"),
    no("domain delete nosuch", "1 of 1 domains failed"),
)

PROJECTS = (
    show(
        "project create web --domain lab --description one --property color=red --property size=big --tag a --tag b",
        keep="web",
        name="web",
        description="one",
        color="red",
        size="big",
        enabled=True,
    ),
    show("project show web --domain lab", color="red", tags=["a", "b"], is_domain=False),
    show("project show {web} --parents --children", name="web"),
    show("project create web --domain lab --or-show", name="web"),
    no("project create web --domain lab", "already used"),
    no("project create kid --domain lab --parent web", "no project lies below another"),
    no("project create kid --domain lab --immutable", "immutable is not offered"),
    show("project create off --domain lab --disable", enabled=False),
    do("project set web --domain lab --name web2 --description two --property color=blue"),
    do("project set web2 --domain lab --name web --tag c"),
    do("project set web --domain lab --remove-tag a"),
    show("project show web --domain lab", color="blue", description="two", tags=["b", "c"]),
    no("project set web --domain lab --immutable", "immutable is not offered"),
    rows("project list --domain lab", "Name", "off", "web"),
    rows("project list --domain lab --enabled", "Name", "web"),
    rows("project list --domain lab --disabled", "Name", "off"),
    rows("project list --domain lab --long", "Enabled", False, True),
    rows("project list --domain lab --tags b,c", "Name", "web"),
    rows("project list --domain lab --tags b,zz", "Name"),
    rows("project list --domain lab --tags-any b,zz", "Name", "web"),
    rows("project list --domain lab --not-tags b", "Name", "off"),
    rows("project list --domain lab --not-tags-any b,zz", "Name", "off"),
    rows("project list --domain lab --sort name:desc", "Name", "off", "web"),
    rows("project list --parent {web}", "Name"),
    rows("project list --domain lab --limit 1", "Name", "off", "web"),
    rows("project list --domain lab --limit 1 --max-items 1", "Name", "off"),
    rows("project list --domain lab --marker {web}", "Name"),
    rows("project list --my-projects", "Name", "system"),
    rows("project list --user sysadmin", "Name", "system"),
    do("project set web --domain lab --clear-tags"),
    show("project show web --domain lab", tags=[], color="blue"),
    do("project set web --domain lab --disable"),
    do("project set web --domain lab --enable"),
    no("project show nosuch", "No Project found"),
    no("project delete off nosuch --domain lab", "1 of 2 projects failed"),
)

USERS = (
    show(
        f"user create ann --domain lab --password {PASSWORD} --email ann@lab --description here {IN_LAB}",
        keep="ann",
        name="ann",
        email="ann@lab",
        description="here",
        enabled=True,
    ),
    show(f"user create ann --domain lab --password {PASSWORD} --or-show", name="ann"),
    no(f"user create ann --domain lab --password {PASSWORD}", "already used"),
    show(f"user create ben --domain lab --password {PASSWORD} --disable", enabled=False),
    no("user create weak --domain lab --password x", "at least 10 characters"),
    complains("user create cat --domain lab", "No password was supplied"),
    *(
        no(f"user create dan --domain lab --password {PASSWORD} --{option}", "is not offered")
        for option in (
            "ignore-lockout-failure-attempts",
            "ignore-password-expiry",
            "ignore-change-password-upon-first-use",
            "enable-lock-password",
            "enable-multi-factor-auth",
            "multi-factor-auth-rule password,totp",
        )
    ),
    show(
        f"user create dan --domain lab --password {PASSWORD} --no-ignore-lockout-failure-attempts"
        " --no-ignore-password-expiry --no-ignore-change-password-upon-first-use --disable-lock-password"
        " --disable-multi-factor-auth",
        name="dan",
    ),
    show("user show ann --domain lab", email="ann@lab"),
    show("user show {ann}", name="ann"),
    no("user show nosuch", "No User found"),
    do("user set ann --domain lab --name anna --email a@b --description there"),
    do("user set anna --domain lab --name ann --disable"),
    show("user show ann --domain lab", email="a@b", description="there", enabled=False),
    rows("user list --domain lab --disabled", "Name", "ann", "ben"),
    rows("user list --domain lab --enabled", "Name", "cat", "dan"),
    do("user set ann --domain lab --enable"),
    do("user set ann --domain lab --password Correct-horse-2"),
    no("user set ann --domain lab --password x", "at least 10 characters"),
    do(f"user set ann --domain lab {IN_LAB}"),
    no("user set ann --domain lab --enable-multi-factor-auth", "is not offered"),
    no("user set nosuch --email a@b", "No User found"),
    rows("user list --domain lab --long", "Email", None, None, None, "a@b"),
    rows("user list --domain lab --limit 1 --max-items 2", "Name", "cat", "dan"),
    rows("user list --domain lab --marker {ann}", "Name"),
    no(f"user password set --password {PASSWORD} --original-password wrong", "password is wrong"),
    no("user delete nosuch", "1 of 1 users failed"),
)

GROUPS = (
    show("group create crew --domain lab --description all", keep="crew", name="crew", description="all"),
    show("group create crew --domain lab --or-show", name="crew"),
    no("group create crew --domain lab", "already used"),
    do("group set crew --domain lab --name crew2 --description some"),
    do("group set crew2 --domain lab --name crew"),
    show("group show crew --domain lab", description="some"),
    show("group show {crew}", name="crew"),
    no("group show nosuch", "No Group found"),
    rows("group list --domain lab", "Name", "crew"),
    rows("group list --domain lab --long", "Description", "some"),
    do(f"group add user {MEMBER} ann ben"),
    no(f"group add user {MEMBER} nosuch", "not added to group"),
    do(f"group contains user {MEMBER} ann"),
    complains(f"group contains user {MEMBER} cat", "cat not in group"),
    rows("group list --user ann --user-domain lab", "Name", "crew"),
    rows("user list --group crew --domain lab", "Name", "ann", "ben"),
    do(f"group remove user {MEMBER} ben"),
    no(f"group remove user {MEMBER} ben", "not removed from group"),
    no("group delete nosuch", "1 of 1 groups failed"),
)

ROLES = (
    show("role create guard --description d", keep="guard", name="guard", description="d"),
    show("role create guard --or-show", name="guard"),
    no("role create guard", "already used"),
    show("role create inlab --domain lab", name="inlab"),
    no("role create fixed --immutable", "immutable is not offered"),
    show("role create loose --no-immutable", name="loose"),
    do("role set guard --name guard2 --description e"),
    do("role set guard2 --name guard"),
    do("role set inlab --domain lab --description there"),
    no("role set guard --immutable", "immutable is not offered"),
    show("role show guard", description="e"),
    show("role show {guard}", name="guard"),
    show("role show inlab --domain lab", description="there"),
    no("role show nosuch", "No Role found"),
    rows("role list --domain lab", "Name", "inlab"),
    Step(line="role list", shows={"Name": ["admin", "guard", "loose", "project_owner"]}),
    do(f"role add {IN_LAB} {OF_LAB} project_owner"),
    do(f"role add {IN_LAB} {CREW} project_viewer"),
    do(f"role add --domain lab {OF_LAB} domain_viewer"),
    do(f"role add --domain lab {CREW} domain_viewer"),
    do(f"role add {IN_LAB} {OF_LAB} inlab --role-domain lab"),
    do(f"role add --inherited {IN_LAB} {OF_LAB} guard"),
    do(f"role add --inherited --domain lab {OF_LAB} guard"),
    do(f"role add --inherited --domain lab {CREW} guard"),
    do(f"role add --system all {OF_LAB} guard"),
    do(f"role add --system all {CREW} guard"),
    no(f"role add --project nosuch {OF_LAB} guard", ""),
    no(f"role add {IN_LAB} --user nosuch guard", ""),
    no(f"role add {IN_LAB} {OF_LAB} nosuch", ""),
    no("role add guard", "incorrect set of arguments"),
    no(f"role add {OF_LAB} guard", "incorrect set of arguments"),
    rows(
        f"role assignment list --names {OF_LAB}",
        "Role",
        *("domain_viewer@Default", "guard@Default", "guard@Default", "guard@Default", "inlab@lab"),
        "project_owner@Default",
    ),
    rows(f"role assignment list {OF_LAB} --role guard", "Inherited", False, True, True),
    rows(f"role assignment list {CREW}", "System", "", "", "", "all"),
    rows("role assignment list --names --role inlab --role-domain lab", "Project", "web@lab"),
    rows(f"role assignment list {IN_LAB} {CREW}", "Inherited", False),
    rows(f"role assignment list --domain lab {CREW}", "Inherited", False, True),
    rows("role assignment list --names --system all", "User", "", "ann@lab", "sysadmin@Default"),
    rows("role assignment list --names --inherited", "Domain", "", "lab", "lab"),
    rows(f"role assignment list --names --effective {IN_LAB} --role project_viewer", "User", "ann@lab"),
    rows("role assignment list --names --effective --inherited", "Project", "web@lab"),
    rows(f"role assignment list --names --effective --system all {OF_LAB}", "Role", "guard@Default"),
    rows("role assignment list --names --auth-user", "System", "", "all"),
    rows("role assignment list --names --auth-user --auth-project", "Project", "system@Default"),
    do(f"role remove --inherited {IN_LAB} {OF_LAB} guard"),
    do(f"role remove --inherited --domain lab {OF_LAB} guard"),
    do(f"role remove --inherited --domain lab {CREW} guard"),
    do(f"role remove --system all {OF_LAB} guard"),
    do(f"role remove --system all {CREW} guard"),
    do(f"role remove {IN_LAB} {CREW} project_viewer"),
    do(f"role remove --domain lab {OF_LAB} domain_viewer"),
    do(f"role remove --domain lab {CREW} domain_viewer"),
    do(f"role remove {IN_LAB} {OF_LAB} inlab --role-domain lab"),
    rows(f"role assignment list --names {OF_LAB}", "Role", "project_owner@Default"),
    rows(f"role assignment list --names {CREW}", "Role"),
    no("implied role create admin --implied-role guard", "no role implies another"),
    no("implied role list", "no role implies another"),
    no("implied role delete admin --implied-role guard", "no role implies another"),
    no("role delete guard nosuch", "1 of 2 roles failed"),
    do("role delete inlab --domain lab"),
    do("role delete loose"),
    no("role delete admin", "assignments still use it"),
)

CATALOGUE = (
    show("region create west --description far", region="west", description="far"),
    no("region create west", "exists"),
    show("region create coast --parent-region west", parent_region="west"),
    no("region create lost --parent-region nosuch", "nosuch not found"),
    do("region set west --description farther"),
    no("region set west --parent-region coast", "no part of itself"),
    show("region show west", description="farther"),
    no("region show nosuch", "nosuch not found"),
    rows("region list", "Region", "coast", "region0", "west"),
    rows("region list --parent-region west", "Region", "coast"),
    show("service create --name depot --description boxes storehouse", keep="depot", type="storehouse", enabled=True),
    show("service create --name off --disable offkind", enabled=False),
    show("service create noname", keep="noname", type="noname"),
    do("service set depot --description crates --name depot2 --type store"),
    do("service set depot2 --name depot --disable"),
    do("service set depot --enable"),
    show("service show depot", type="store", description="crates", enabled=True),
    show("service show {depot}", name="depot"),
    show("service show store", name="depot"),
    no("service show nosuch", "No service with"),
    Step(line="service list", shows={"Name": ["depot", "keystone", "off", "region2"]}),
    Step(line="service list --long", shows={"Enabled": [False, True]}),
    no("service delete nosuch", "1 of 1 services failed"),
    do("service delete off {noname}"),
    show("endpoint create depot public http://127.0.0.1:1/a --region coast", keep="public", interface="public"),
    show(
        "endpoint create depot internal http://127.0.0.1:1/i --region coast --disable", keep="internal", enabled=False
    ),
    no("endpoint create depot admin http://127.0.0.1:1/d --region nosuch", "nosuch not found"),
    no("endpoint create nosuch public http://127.0.0.1:1/d", "No service with"),
    no("endpoint create depot public http://127.0.0.1:1/d --region coast", "exists"),
    do("endpoint set {public} --url http://127.0.0.1:1/b --interface admin --service depot --region west"),
    show("endpoint show {public}", url="http://127.0.0.1:1/b", interface="admin", region="west"),
    do("endpoint set {public} --disable"),
    do("endpoint set {public} --enable"),
    no("endpoint set nosuch --enable", "No Endpoint found"),
    no("endpoint show nosuch", "No Endpoint found"),
    rows("endpoint list --service depot", "Interface", "admin", "internal"),
    Step(line="endpoint list --interface internal", shows={"Service Name": ["depot", "keystone"]}),
    rows("endpoint list --region west", "Service Name", "depot"),
    no("endpoint list --service nosuch", "No service with"),
    no("endpoint list --endpoint {public}", "no filter of endpoints"),
    no("endpoint list --project web --project-domain lab", "no filter of endpoints"),
    no("endpoint add project {public} web --project-domain lab", "no filter of endpoints"),
    no("endpoint remove project {public} web --project-domain lab", "no filter of endpoints"),
    no("endpoint group list", "no filter of endpoints"),
    no("endpoint group create group {empty}", "no filter of endpoints"),
    no("endpoint group show group", "no filter of endpoints"),
    no("endpoint group set group --name other", "no filter of endpoints"),
    no("endpoint group delete group", "no filter of endpoints"),
    no("endpoint group add project group web --project-domain lab", "no filter of endpoints"),
    no("endpoint group remove project group web --project-domain lab", "no filter of endpoints"),
    Step(line="catalog list", shows={"Name": ["depot", "glance", "keystone", "region2"]}),
    show("catalog show depot", name="depot", type="store"),
    complains("catalog show nosuch", "service nosuch not found"),
    do("endpoint delete {public} {internal}"),
    no("endpoint delete nosuch", "1 of 1 endpoints failed"),
    do("service delete depot"),
    no("region delete west", "regions are part of it"),
    do("region delete coast west"),
    do("region delete nosuch"),  # the client's way with what is not there
)

SECRETS = (
    show("credential create --type cert sysadmin PEM", keep="cert", type="cert", blob="PEM"),
    show("credential create --type cert --project system sysadmin PEM", keep="second", type="cert"),
    show("credential create --type madeup sysadmin x", keep="third", type="madeup", blob="x"),
    no("credential create --type cert nosuch x", "No User found"),
    show("credential show {cert}", type="cert"),
    no("credential show nosuch", "nosuch not found"),
    rows("credential list --type cert --user sysadmin", "Type", "cert", "cert"),
    do("credential set {cert} --type cert --data NEW --user sysadmin"),
    no("credential set {cert} --type aksk --data NEW --user sysadmin", "not changed"),
    do("credential delete {cert} {second} {third}"),
    rows("credential list", "ID"),
    show("ec2 credentials create", keep="key", trust_id=None),
    show("ec2 credentials create --project system", keep="key2", trust_id=None),
    show(f"ec2 credentials create {OF_LAB} {IN_LAB}", keep="hers", trust_id=None),
    show("ec2 credentials show {key}", secret=""),
    rows("ec2 credentials list", "Access", "{key}", "{key2}"),
    rows("ec2 credentials list --user ann --user-domain lab", "Access", "{hers}"),
    do("ec2 credentials delete {key} {key2}"),
    no("ec2 credentials show {key}", "not found"),
    no("ec2 credentials delete nosuch", "1 of 1 EC2 keys failed"),
    show(
        "application credential create robot --role admin --expiration 2190-01-01T00:00:00 --description d",
        keep="robot",
        Name="robot",
        Unrestricted=False,
    ),
    no("application credential create robot", "already used"),
    show("application credential create free --unrestricted --secret a-secret-of-my-own", Unrestricted=True),
    show("application credential create tight --restricted", Unrestricted=False),
    no("application credential create weak --secret short", "at least 16 characters"),
    no(
        """application credential create ruled --access-rules '[{{"path":"/v3/users","method":"GET","service":"i"}}]'""",
        "access rules are not offered",
    ),
    no("application credential create other --role nosuch", "no role nosuch"),
    no("application credential create late --expiration 1990-01-01T00:00:00", "is over"),
    rows("application credential list", "Name", "free", "robot", "tight"),
    rows("application credential list --user ann --user-domain lab", "Name"),
    show("application credential show robot", Description="d"),
    show("application credential show {robot}", Name="robot"),
    no("application credential show nosuch", "No ApplicationCredential found"),
    do("application credential delete robot free tight"),
    no("application credential delete nosuch", "1 of 1 application credentials failed"),
    no("access rule list", "access rules are not offered"),
    no("access rule list --user ann --user-domain lab", ""),  # the client fails by itself
    no("access rule show rule", "access rules are not offered"),
    no("access rule delete rule", "access rules are not offered"),
    Step(line="token issue", shows={"user_id": "{sysadmin}"}),
    no("token revoke nosuch", "no such token"),
    show("policy create --type mine {rules}", keep="mine", type="mine"),
    no("policy create --type wrong {text}", "blob must be an object"),
    do("policy set mine --type ours --rules {rules}"),
    show("policy show ours", type="ours"),
    Step(line="policy list", shows={"Type": ["ours", "sysadmin"]}),
    Step(line="policy list --long", shows={"Type": ["ours"]}),
    do("policy delete ours"),
    no("policy delete nosuch", "1 of 1 policies failed"),
)

LIMITS, TRUSTS = "limits of OpenStack are not offered", "trusts are not offered"
FEDERATION, OAUTH = "federation is not offered", "oauth"

NOT_OFFERED = (
    no("limit list", LIMITS),
    no("limit create --project web --project-domain lab --service keystone --resource-limit 1 x", LIMITS),
    no("limit show x", LIMITS),
    no("limit set x --resource-limit 1", LIMITS),
    no("limit delete x", LIMITS),
    no("registered limit list", LIMITS),
    no("registered limit create --service keystone --default-limit 1 x", LIMITS),
    no("registered limit show x", LIMITS),
    no("registered limit set x --default-limit 1", LIMITS),
    no("registered limit delete x", LIMITS),
    no("trust list", TRUSTS),
    no("trust create sysadmin ann --trustee-domain lab --project system --role admin", TRUSTS),
    no("trust show x", TRUSTS),
    no("trust delete x", TRUSTS),
    # The client lacks a library for these and says so, or is told.
    no("consumer list", OAUTH),
    no("consumer create --description d", OAUTH),
    no("consumer show x", OAUTH),
    no("consumer set x --description y", OAUTH),
    no("consumer delete x", OAUTH),
    no("request token create --consumer-key a --consumer-secret b --project system", OAUTH),
    no("request token authorize --request-key a --role admin", OAUTH),
    no(
        "access token create --consumer-key a --consumer-secret b --request-key c --request-secret d --verifier e",
        OAUTH,
    ),
    no("identity provider list", FEDERATION),
    no("identity provider create x --remote-id y", FEDERATION),
    no("identity provider show x", FEDERATION),
    no("identity provider set x --description y", FEDERATION),
    no("identity provider delete x", FEDERATION),
    no("mapping list", FEDERATION),
    no("mapping create x --rules {empty}", FEDERATION),
    no("mapping show x", FEDERATION),
    no("mapping set x --rules {empty}", FEDERATION),
    no("mapping delete x", FEDERATION),
    no("federation protocol list --identity-provider x", FEDERATION),
    no("federation protocol create x --identity-provider y --mapping z", FEDERATION),
    no("federation protocol show x --identity-provider y", FEDERATION),
    no("federation protocol set x --identity-provider y --mapping z", FEDERATION),
    no("federation protocol delete x --identity-provider y", FEDERATION),
    rows("federation domain list", "Name"),
    rows("federation project list", "Name", "system"),
    no("service provider list", FEDERATION),
    no("service provider create x --auth-url http://a/ --service-provider-url http://b/", FEDERATION),
    no("service provider show x", FEDERATION),
    no("service provider set x --auth-url http://a/", FEDERATION),
    no("service provider delete x", FEDERATION),
)

LEAVING = (
    do("user delete ann ben cat dan --domain lab"),
    do("group delete crew --domain lab"),
    do("project delete web --domain lab"),
    do("domain set lab --disable"),
    do("domain delete lab"),
    rows("domain list", "Name", "Default"),
)

WALK = (
    *DOMAINS,
    *PROJECTS,
    *USERS,
    *GROUPS,
    *ROLES,
    *CATALOGUE,
    *SECRETS,
    *NOT_OFFERED,
    *LEAVING,
)

SMOKE = (
    show("domain create smoke --description first", keep="smoke", name="smoke"),
    no("domain create smoke --immutable", "immutable is not offered"),
    show("project create fog --domain {smoke} --property color=grey --tag a", color="grey"),
    rows("project list --domain smoke --tags a", "Name", "fog"),
    no("limit list", LIMITS),
    do("project delete fog --domain smoke"),
    do("domain set smoke --disable"),
    do("domain delete smoke"),
)
"""Some of the same, for every run."""
