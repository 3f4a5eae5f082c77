"""Every method of every path, and every way to ask it wrongly: the documented status, in this dialect's words."""

import pytest

from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.voxloud.routes import build_dialect
from tests.api.house import House
from tests.api.voxloud.specimens import SPECIMENS, WIRE
from tests.api.wrong_requests import (
    Scene,
    open_scene,
    try_bodies,
    try_limits,
    try_methods_and_types,
    try_nothing_given,
    try_queries_and_ids,
    try_without_database,
    wrong_keys,
)

every_path = pytest.mark.parametrize(("method", "template"), SPECIMENS, ids=lambda part: part)


@pytest.fixture
async def scene(house: House, method: str, template: str) -> Scene:
    return await open_scene(house, WIRE, SPECIMENS[method, template], method, template)


async def test_the_table_of_routes_is_what_is_tried(house: House) -> None:
    core = house.core
    dialect = build_dialect(core, TenantDirectory(core), UrlSigner(bytes(32)), recording_url=lambda _, name: name)
    served = {(method, template) for template, methods in dialect.resources.items() for method in methods}
    assert served == set(SPECIMENS)


@every_path
async def test_keys(scene: Scene) -> None:
    attempts = await wrong_keys(scene)
    elsewhere = {"Authorization": scene.office.key}
    attempts.append(scene.good.but("the key in another header", WIRE.unauthorized, headers=elsewhere))
    await scene.check(*attempts)


@every_path
async def test_methods_and_types(scene: Scene, template: str) -> None:
    await try_methods_and_types(scene, {method for method, path in SPECIMENS if path == template})


@every_path
async def test_bodies(scene: Scene) -> None:
    await try_bodies(scene)


@every_path
async def test_nothing_given(scene: Scene) -> None:
    await try_nothing_given(scene)


@every_path
async def test_queries_and_ids(scene: Scene) -> None:
    await try_queries_and_ids(scene)


@every_path
async def test_it_succeeds_with_and_without_a_slash(scene: Scene) -> None:
    good = scene.good
    await scene.check(good, good.but("with a slash", good.expected, path=f"{good.path}/"))


@every_path
async def test_it_is_limited(scene: Scene) -> None:
    await try_limits(scene)


@every_path
async def test_while_the_database_is_away(scene: Scene) -> None:
    await try_without_database(scene)
