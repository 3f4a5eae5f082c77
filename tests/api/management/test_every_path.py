"""Every method of every path, and every way to ask it wrongly: the documented status, as a problem."""

from collections.abc import Awaitable, Callable, Mapping

import pytest

from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.management.routes import build_dialect
from tests.api.house import House
from tests.api.management.specimens import SPECIMENS, WIRE
from tests.api.wrong_requests import (
    Scene,
    open_scene,
    try_bodies,
    try_limits,
    try_methods_and_types,
    try_queries_and_ids,
    try_without_database,
    wrong_keys,
)


async def try_keys(scene: Scene) -> None:
    elsewhere = scene.good.but("a vendor's header", WIRE.unauthorized, headers={"Voverc-Auth": scene.office.key})
    raw = scene.good.with_header("a key of its own", scene.good.expected, X_Api_Key=scene.office.key)
    await scene.check(*await wrong_keys(scene), elsewhere, raw)


async def try_methods(scene: Scene) -> None:
    await try_methods_and_types(scene, {method for method, path in SPECIMENS if path == scene.good.path})


async def try_a_slash(scene: Scene) -> None:
    await scene.check(scene.good, scene.good.but("with a slash", scene.good.expected, path=f"{scene.good.path}/"))


WAYS: Mapping[str, Callable[[Scene], Awaitable[None]]] = {
    "keys": try_keys,
    "methods": try_methods,
    "bodies": try_bodies,
    "queries and ids": try_queries_and_ids,
    "a slash": try_a_slash,
    "limits": try_limits,
    "no database": try_without_database,
}


async def test_the_table_of_routes_is_what_is_tried(house: House) -> None:
    dialect = build_dialect(house.core, TenantDirectory(house.core), UrlSigner(bytes(32)))
    served = {(method, template) for template, methods in dialect.resources.items() for method in methods}
    assert served == set(SPECIMENS)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("method", "template"), SPECIMENS, ids=lambda part: part)
async def test_every_way_to_ask_wrongly(house: House, method: str, template: str, way: str) -> None:
    scene = await open_scene(house, WIRE, SPECIMENS[method, template], method, template)
    await WAYS[way](scene)
