"""What lists of images can be narrowed by besides their own columns."""

from __future__ import annotations

from cloudcore.model.json import JsonMapping
from cloudcore.model.query import Contains, Expr, Like, Match, both, either, eq, one_of
from cloudcore.model.query import Exists as HasRow
from cloudcore.model.reading import read_bool, read_list_of_str

_LIKE = (
    (("os_types",), "os_type", "os_type_precise_match"),
    (("os_archs",), "os_arch", "os_arch_precise_match"),
    (("distributions", "distribution"), "os_distribution", "distribution_precise_match"),
)


def narrow(params: JsonMapping) -> Expr:
    """The images that list parameters ask for.

    os_types, os_archs, distributions: a part of the name, or with the `precise_match` beside it the whole.
    disk_formats: of the upload; subFormats: of the upload or of a complete converted form. uefi: can start by UEFI.
    member_id: shared with this single project, by id.
    """
    parts: list[Expr] = []
    for names, field, precise in _LIKE:
        wanted = [text for name in names for text in _texts(params, name)]
        if not wanted:
            continue
        whole = precise in params and read_bool(params[precise] or True, precise)
        parts.append(
            one_of(field, wanted) if whole else either(*(Match(field, Like.CONTAINS, text) for text in wanted))
        )
    if formats := _texts(params, "disk_formats"):
        parts.append(one_of("disk_format", formats))
    if formats := [*_texts(params, "subFormats"), *_texts(params, "sub_formats")]:
        made = both(one_of("format", formats), eq("status", "active"))
        parts.append(either(one_of("disk_format", formats), HasRow("subimages", "image_id", "id", made)))
    if params.get("uefi") not in (None, "") and read_bool(params["uefi"], "uefi"):
        parts.append(Contains("properties", "uefi_support", ("true",)))
    if members := _texts(params, "member_id"):
        told = both(eq("resource_type", "images"), eq("target_type", "project"), one_of("target_id", members))
        parts.append(HasRow("sharedresources", "resource_id", "id", told))
    return both(*parts)


def _texts(params: JsonMapping, name: str) -> list[str]:
    value = params.get(name)
    return list(read_list_of_str(value, name)) if value not in (None, "") else []
