"""Look at what a call would do, and do exactly that."""

from __future__ import annotations

from cloudcore.model.errors import ConflictError
from cloudcore_adapters.memory.cloud import memory_cloud


def main() -> None:
    """Plan changes of a project in memory, and see the plan refused when the world has moved on."""
    cloud, password = memory_cloud()
    session = cloud.login("sysadmin", password, project="system")
    made = session.create("projects", {"name": "shop", "domain": "Default"})

    plan = session.update("projects", made["id"], {"description": "our shop"}, {"plan": True})
    for change in plan["summary"]["changes"]:
        print("would", change["action"], change["resource"], change["name"], change.get("after", ""))
    session.perform("plans", plan["id"], "apply")
    print("now:", session.get("projects", made["id"])["description"])

    late = session.delete("projects", made["id"], {"plan": True})
    session.update("projects", made["id"], {"description": "still needed"})
    try:
        session.perform("plans", late["id"], "apply")
    except ConflictError as error:
        print("refused:", error.data["resource"], "changed meanwhile")


if __name__ == "__main__":
    main()
