"""Every method of every path, and every way to ask it wrongly: the documented status and envelope."""

from dataclasses import replace

import pytest

from cordboard.api.alohub.routes import build_dialect
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from tests.api.alohub.specimens import PASSWORD, SPECIMENS, WIRE
from tests.api.house import House
from tests.api.wrong_requests import (
    USER_NAME,
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
    specimen = SPECIMENS[method, template]
    # Hashing a password takes longer than all the rest.
    password = PASSWORD if specimen.wants_token or template.endswith("/login") else None
    opened = await open_scene(house, WIRE, specimen, method, template, password=password)
    if not specimen.wants_token:
        return opened
    login = await opened.office.post("/api/auth/login", {"userName": USER_NAME, "password": PASSWORD})
    headers = {**opened.good.headers, "X-ACCESS-TOKEN": login.json["data"]["accessToken"]}
    return replace(opened, good=replace(opened.good, headers=headers))


async def test_the_table_of_routes_is_what_is_tried(house: House) -> None:
    core = house.core
    dialect = build_dialect(core, TenantDirectory(core), UrlSigner(bytes(32)))
    served = {(method, template) for template, methods in dialect.resources.items() for method in methods}
    assert served == set(SPECIMENS)


@every_path
async def test_keys(scene: Scene) -> None:
    good, stranger, key = scene.good, scene.stranger, scene.office.key
    attempts = await wrong_keys(scene)
    attempts.append(good.with_header("two keys", WIRE.unauthorized, X_Api_Key=stranger.key))
    another = str(stranger.tenant.pbx_id)
    attempts.append(good.with_header("another tenant's id", WIRE.forbidden, X_Tenant_ID=another))
    if scene.specimen.wants_token:
        attempts.append(good.but("no token", WIRE.unauthorized, headers={"Authorization": key}))
        attempts.append(good.with_header("a wrong token", WIRE.unauthorized, X_ACCESS_TOKEN="a.b.c"))
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
    again = WIRE.unauthorized if scene.good.path.endswith("/logout") else scene.good.expected
    await scene.check(scene.good, scene.good.but("with a slash", again, path=f"{scene.good.path}/"))


@every_path
async def test_it_is_limited(scene: Scene) -> None:
    await try_limits(scene)


@every_path
async def test_while_the_database_is_away(scene: Scene) -> None:
    await try_without_database(scene)
