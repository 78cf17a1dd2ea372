"""At which scope each resource type is owned when nothing else says so.

A resource type declares its own scope; this table is for what is checked by name alone: policies, generated roles and
requests for types of services that run elsewhere. Everything that is not listed belongs to a project.
"""

from __future__ import annotations

from cloudcore.auth.scopes import Scope

_SYSTEM = {
    "compute": (
        "zones cloudregions serverskus cachedimages dynamicschedtags schedpolicies schedtags baremetalagents "
        "loadbalancerclusters loadbalanceragents policy_definitions metadatas storagecaches capabilities "
        "dns_recordsets waf_rules dbinstance_skus elasticcacheskus"
    ),
    "identity": "domains services endpoints regions service_certificates system",
    "notify": "topics",
    "*": "metadatas",
}
_DOMAIN = {
    "compute": (
        "cloudaccounts cloudproviders hosts storages vpcs wires isolated_devices isolated-devices hoststorages hostwires "
        "route_tables networkinterfaces natgateways nats natdentries natsentries file_systems access_groups "
        "proxysettings project_mappings waf_instances recyclebins kube_clusters domain_quotas infras_quotas nat_skus "
        "nas_skus modelarts_pool_skus"
    ),
    "identity": "identity_providers users groups projects roles policies rolepolicies organizations identity_quotas",
    "notify": "subscribers",
}
_USER = {
    "compute": "keypairs",
    "identity": "credentials",
    "log": "actions",
    "notify": "receivers",
    "yunionconf": "parameters",
}

_SCOPES = {
    (service, plural): scope
    for scope, table in ((Scope.SYSTEM, _SYSTEM), (Scope.DOMAIN, _DOMAIN), (Scope.USER, _USER))
    for service, plurals in table.items()
    for plural in plurals.split()
}


def natural_scope(service: str, plural: str) -> Scope:
    """The scope that the resource type is owned at; PROJECT for what is not listed."""
    return _SCOPES.get((service, plural)) or _SCOPES.get(("*", plural)) or Scope.PROJECT
