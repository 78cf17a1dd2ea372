"""What `capabilities` answers with; see `cloudcore.resources.infrastructure.capability`."""

from __future__ import annotations

from cloudcore.model.answer import Answer, Key

_STORED = Key(
    "",
    "",
    dict,
    of=Key(
        "",
        "How full it is, in MiB, for those who may list storages",
        dict,
        of=(
            Key("capacity", "What there is", int, optional=True),
            Key("reserved", "Kept back", int, optional=True),
            Key("virtual_capacity", "What may be given out", int, optional=True),
            Key("used_capacity", "Given out", int, optional=True),
            Key("waste_capacity", "Given out for what is gone", int, optional=True),
            Key("free_capacity", "Left", int, optional=True),
            Key("storages", "Which", list, of=(Key("id", "Its id"), Key("name", "Its name")), optional=True),
        ),
    ),
)
_SIZES = (
    Key("storage_type", "Kind of storage"),
    Key("min_size_gb", "The smallest disk in GiB", int),
    Key("max_size_gb", "The largest one", int),
    Key("step_size_gb", "By how much", int),
    Key("resizable", "Whether disks can grow", bool),
)
_INSTANCE = (
    Key("hypervisor", "What runs them"),
    Key("provider", "Whose it is"),
    Key(
        "default_account",
        "By kind of operating system",
        dict,
        of=Key("", "", dict, of=(Key("default_account", "Its account"), Key("changeable", "Or another one", bool))),
    ),
    Key("storages", "sys_disk and data_disk", dict, of=Key("", "", list, of=_SIZES)),
)
_TEXTS = (
    Key("hypervisors", "What runs there"),
    Key("brands", "Whose it is"),
    Key("enabled_brands", "Those that are in use"),
    Key("disabled_brands", "Those that are not"),
    Key("resource_types", "shared or dedicated"),
    Key("host_cpu_archs", "Architectures of processors"),
    Key("storage_types", "Kinds of storage"),
    Key("gpu_models", "Models of devices"),
    Key("compute_engine_brands", "Who offers servers; so for every other area"),
)
_NUMBERS = (
    Key("available_host_count", "Hosts"),
    Key("min_nic_count", "Network cards of one server at least"),
    Key("max_nic_count", "Network cards of one server at most"),
    Key("min_data_disk_count", "Further disks of one server at least"),
    Key("max_data_disk_count", "Further disks of one server at most"),
    Key("auto_alloc_network_count", "Networks that give addresses by themselves"),
    Key("public_network_count", "Networks of the outside"),
)
_NAMES_BY = Key("", "", list, of=str)
CAPABILITY = Answer(
    (
        *(Key(key.name, key.doc, list, of=str) for key in _TEXTS),
        *(Key(key.name, key.doc, int) for key in _NUMBERS),
        Key("usable", "Whether servers can be made here", bool),
        Key("sched_policy_support", "Whether policies guide the scheduler", bool),
        Key("hypervisor_info", "Brand → hypervisors", dict, of=_NAMES_BY),
        Key("instance_capabilities", "By hypervisor", list, of=_INSTANCE),
        Key("gpu_model_types", "Devices", list, of=(Key("dev_type", "Kind"), Key("model", "Model"))),
        *(Key(f"{word}storage_types2", "Hypervisor → kinds of storage", dict, of=_NAMES_BY) for word in ("", "data_")),
        *(Key(f"{word}storage_types3", "The same with amounts", dict, of=_STORED) for word in ("", "data_")),
        Key("data_storage_types", "Brand → the same", dict, of=_STORED),
    ),
    more=True,
)
"""Of the whole deployment, of a region or of a zone."""
