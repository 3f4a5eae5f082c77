"""The look-ups that come before a tenant is known: whose phone calls, whose number is called."""

from cordboard.domain.did import RouteKind
from tests.store.conftest import Office


async def test_a_phones_account_tells_tenant_and_extension(office: Office, other_office: Office) -> None:
    lines = office.store.system.lines
    for one in (office, other_office):
        found = await lines.of_phone(one.agent.sip_username)
        assert found is not None
        assert (found.tenant, found.extension) == (one.tenant, "6688")
    assert await lines.of_phone("6688") is None
    await office.rows.tenants.change(is_enabled=False)
    assert await lines.of_phone(office.agent.sip_username) is None
    assert await lines.of_phone(other_office.agent.sip_username) is not None


async def test_numbers_tell_their_owners_with_their_trunks_in_the_order_asked(
    office: Office, other_office: Office
) -> None:
    dids = office.store.system.dids
    await office.rows.trunks.add(name="first", host="sip.example", priority=0)
    routed = await office.rows.dids.add(number="+39061", route_kind=RouteKind.AGENT, route_to="6688", label="Rome")
    found = await dids.owned(["+842873000002", "+1", "+39061"])
    assert [(one.tenant, one.did.number) for one in found] == [
        (other_office.tenant, "+842873000002"),
        (office.tenant, "+39061"),
    ]
    assert found[1].did == routed
    assert [trunk.host for trunk in found[1].trunks] == ["sip.example", "127.0.0.2"]
    assert [trunk.id for trunk in found[1].trunks] == [trunk.id for trunk in await office.rows.trunks.list()]
    assert await dids.owned(["+39061", "+842873000002"]) == found[::-1]
    assert await dids.owned([]) == []
    for name in ("first", "carrier"):
        await office.rows.trunks.remove(name)
    assert [one.trunks for one in await dids.owned(["+39061"])] == [()]


async def test_numbers_of_disabled_tenants_are_nobodys(office: Office, other_office: Office) -> None:
    await office.rows.tenants.change(is_enabled=False)
    found = await office.store.system.dids.owned(["+842873000001", "+842873000002"])
    assert [one.tenant.id for one in found] == [other_office.tenant.id]


async def test_countries_are_those_of_tenants_who_have_numbers(office: Office, other_office: Office) -> None:
    await office.store.system.tenants.create("without", country="FR")
    await other_office.rows.tenants.change(country="IT")
    assert await office.store.system.dids.countries() == ["IT", "VN"]
