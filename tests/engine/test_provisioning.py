"""Phones and trunks in the real engine: what is sent, and what takes effect."""

import asyncio
import hashlib
import re
import socket
from dataclasses import replace

import aiohttp
import pytest

from cordboard.domain import ids
from cordboard.domain.commands import CallerId, CreateBridge, Dial, Target, TargetKind
from cordboard.domain.provisioning import SIP_REALM, NodeConfiguration, Phone
from cordboard.domain.registration import TrunkState
from cordboard.domain.trunk import Trunk
from cordboard.engine.asterisk.ari import AriResponse, Body
from cordboard.engine.asterisk.provision import Provisioner
from cordboard.engine.asterisk.sip_objects import objects_of
from cordboard.lab.behaviour import Behaviour
from tests.engine.ground import PASSWORD, WAIT_SECONDS, RealGround
from tests.support.asterisk import AsteriskNode

pytestmark = pytest.mark.asyncio(loop_scope="session")


def phone(name: str, password: str = PASSWORD) -> Phone:
    password_md5 = hashlib.md5(f"{name}:{SIP_REALM}:{password}".encode()).hexdigest()  # noqa: S324 - RFC 2617
    return Phone(sip_username=name, password_md5=password_md5, tenant_id=1, extension=name, display_name="")


class Notebook:
    """Stands in for Asterisk: notes what is asked, and says yes."""

    def __init__(self, *endpoints: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self._endpoints = endpoints

    async def request(self, method: str, path: str, _body: Body | None = None) -> AriResponse:
        self.asked.append((method, path.removeprefix("asterisk/config/dynamic/res_pjsip/")))
        names = ",".join(f'{{"resource":"{name}"}}' for name in self._endpoints)
        return AriResponse(request_id="1", status_code=200, message_body=f"[{names}]")

    def take(self) -> list[tuple[str, str]]:
        """What was asked since the last look."""
        asked, self.asked = self.asked, []
        return asked


async def test_only_the_difference_is_sent() -> None:
    notebook, provisioner = Notebook(), Provisioner()
    trunk = Trunk(id=1, tenant_id=1, name="one", host="carrier.invalid", username="u", password="p", does_register=True)
    configuration = NodeConfiguration(revision=1, phones=(phone("101"), phone("102")), trunks=(trunk,))
    await provisioner.push(notebook.request, configuration)
    assert set(notebook.take()) >= {("PUT", f"{kind}/{name}") for kind, name in objects_of(configuration)}
    await provisioner.push(notebook.request, replace(configuration, revision=2))
    assert notebook.take() == []
    changed = replace(configuration, phones=(phone("101"), phone("102", "other")), trunks=(trunk,))
    await provisioner.push(notebook.request, changed)
    assert notebook.take() == [("PUT", "auth/102")]
    await provisioner.push(notebook.request, replace(changed, phones=(phone("101"),)))
    assert notebook.take() == [("DELETE", "endpoint/102"), ("DELETE", "aor/102"), ("DELETE", "auth/102")]
    without_account = replace(trunk, username="", password="")
    await provisioner.push(notebook.request, NodeConfiguration(revision=4, trunks=(without_account,)))
    assert notebook.take() == [
        ("DELETE", "registration/trunk-1"),
        ("DELETE", "endpoint/101"),
        ("DELETE", "endpoint/trunk-1"),
        ("DELETE", "aor/101"),
        ("DELETE", "auth/101"),
        ("DELETE", "auth/trunk-1"),
        ("PUT", "endpoint/trunk-1"),
    ]


async def test_a_forgetful_one_sends_all_and_takes_away_strays() -> None:
    notebook, provisioner = Notebook("101", "gone", "trunk-9"), Provisioner()
    configuration = NodeConfiguration(revision=1, phones=(phone("101"),))
    for _ in range(2):
        provisioner.forget()
        await provisioner.push(notebook.request, configuration)
        asked = notebook.take()
        assert {path for method, path in asked if method == "PUT"} == {"auth/101", "aor/101", "endpoint/101"}
        taken = {path for method, path in asked if method == "DELETE"}
        assert {"endpoint/gone", "aor/gone", "auth/gone", "registration/trunk-9", "endpoint/trunk-9"} <= taken
        assert not {"endpoint/101", "aor/101", "auth/101"} & taken


async def test_carriers_of_several_trunks_are_told_once() -> None:
    notebook, provisioner = Notebook(), Provisioner()
    trunk = Trunk(id=1, tenant_id=1, name="one", host="carrier.invalid")
    other = replace(trunk, id=2, tenant_id=2, username="u", password="p")
    addresses = {"carrier.invalid": {"203.0.113.5", "203.0.113.6"}, "203.0.113.5": {"203.0.113.5"}}
    by_address = replace(trunk, id=3, tenant_id=3, host="203.0.113.5")
    carriers = {f"{kind}/carrier-203.0.113.{last}" for kind in ("endpoint", "identify") for last in (5, 6)}

    async def changed(*trunks: Trunk) -> set[tuple[str, str]]:
        await provisioner.push(notebook.request, NodeConfiguration(revision=1, trunks=trunks), addresses)
        return {(method, path) for method, path in notebook.take() if "trunk-" not in path and "/" in path}

    assert await changed(trunk) == {("PUT", path) for path in carriers}
    assert await changed(trunk, other, by_address) == set()
    assert await changed(other) == set()
    assert await changed(by_address) == {("DELETE", path) for path in carriers if path.endswith("6")}
    assert await changed() == {("DELETE", path) for path in carriers if path.endswith("5")}


async def test_carriers_from_before_are_taken_away_and_known_ones_stay() -> None:
    notebook, provisioner = Notebook("carrier-203.0.113.5", "carrier-203.0.113.6"), Provisioner()
    trunk = Trunk(id=1, tenant_id=1, name="one", host="carrier.invalid")
    configuration = NodeConfiguration(revision=1, trunks=(trunk,))
    await provisioner.push(notebook.request, configuration, {"carrier.invalid": {"203.0.113.5"}})
    taken = [path for method, path in notebook.take() if method == "DELETE"]
    assert taken == ["identify/carrier-203.0.113.6", "endpoint/carrier-203.0.113.6"]


async def test_every_endpoint_has_what_all_must_have() -> None:
    trunk = Trunk(id=1, tenant_id=1, name="one", host="203.0.113.5")
    configuration = NodeConfiguration(revision=1, phones=(phone("101"),), trunks=(trunk,))
    objects = objects_of(configuration, {"203.0.113.5": {"203.0.113.5"}})
    endpoints = {name: fields for (kind, name), fields in objects.items() if kind == "endpoint"}
    assert endpoints.keys() == {"101", "trunk-1", "carrier-203.0.113.5"}
    for fields in endpoints.values():
        # Left out, it becomes "unknown" when the endpoint is put again, and every caller's number with it.
        assert fields["callerid"] == ""
        assert fields["timers"] == "always"
    assert endpoints["101"].get("allow_transfer") is None
    assert {endpoints[name]["allow_transfer"] for name in endpoints if name != "101"} == {"no"}
    assert {endpoints[name]["identify_by"] for name in endpoints if name != "101"} == {"ip"}
    assert [name for kind, name in objects if kind == "identify"] == ["carrier-203.0.113.5"]


async def test_audio_from_a_carrier_goes_where_the_trunks_outside_address_is() -> None:
    plain = Trunk(id=1, tenant_id=1, name="one", host="a.invalid")
    behind_nat = replace(plain, id=2, host="b.invalid", external_address="198.51.100.1")
    addresses = {"a.invalid": {"203.0.113.5", "2001:db8::5"}, "b.invalid": {"203.0.113.5"}}
    objects = objects_of(NodeConfiguration(revision=1, trunks=(plain, behind_nat)), addresses)
    assert objects["endpoint", "carrier-203.0.113.5"]["media_address"] == "198.51.100.1"
    assert objects["endpoint", "carrier-2001_db8__5"]["media_address"] == ""
    assert objects["identify", "carrier-2001_db8__5"]["match"] == "2001:db8::5"


async def fields(node: AsteriskNode, kind: str, name: str) -> dict[str, str]:
    """An object as Asterisk has it; nothing when it has none."""
    url = f"{node.settings.ari_url}/asterisk/config/dynamic/res_pjsip/{kind}/{name}"
    headers = {"Authorization": aiohttp.encode_basic_auth(node.settings.ari_user, node.settings.ari_password)}
    async with aiohttp.ClientSession(headers=headers) as client, client.get(url) as answer:
        return {each["attribute"]: each["value"] for each in await answer.json()} if answer.status == 200 else {}


async def test_a_changed_trunk_keeps_nothing_of_what_it_was(real: RealGround) -> None:
    book = real.book.configuration
    trunk = Trunk(
        id=41, tenant_id=1, name="x", host="127.0.0.9", username="u", password="p", external_address="203.0.113.7"
    )
    await real.engine.provision(replace(book, trunks=(*book.trunks, trunk)))
    before = await fields(real.node, "endpoint", "trunk-41")
    assert (before["media_address"], before["outbound_auth"], before["contact_user"]) == (
        "203.0.113.7",
        "trunk-41",
        "u",
    )
    await real.engine.provision(
        replace(book, trunks=(*book.trunks, replace(trunk, username="", password="", external_address="")))
    )
    after = await fields(real.node, "endpoint", "trunk-41")
    assert (after["media_address"], after["outbound_auth"]) == ("", "")
    assert await fields(real.node, "auth", "trunk-41") == {}
    await real.engine.provision(book)
    assert await fields(real.node, "endpoint", "trunk-41") == {}


async def test_a_bad_trunk_holds_nobody_up(real: RealGround) -> None:
    book = real.book.configuration
    bad = Trunk(id=42, tenant_id=1, name="x", host="no such host", external_address="not an address")
    name = "900-behind"
    await real.engine.provision(replace(book, trunks=(bad, *book.trunks), phones=(*book.phones, phone(name))))
    assert await fields(real.node, "endpoint", name)
    await real.engine.provision(book)


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_legs_are_offered_the_trunks_codecs_in_its_order(real: RealGround, *, is_bridged: bool) -> None:
    book = real.book.configuration
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier:
        carrier.bind(("127.0.0.1", 0))
        carrier.setblocking(False)  # noqa: FBT003 - its only parameter
        host, port = carrier.getsockname()
        trunk = Trunk(
            id=43, tenant_id=1, name="x", host=host, port=port, codecs=("opus", "ulaw", "g722", "alaw"),
            external_address="203.0.113.7",
        )  # fmt: skip
        await real.engine.provision(replace(book, trunks=(*book.trunks, trunk)))
        call_id = ids.new_call_id()
        bridge_id = ids.bridge_id(call_id)
        await real.engine.execute(CreateBridge(bridge_id=bridge_id))
        await real.engine.execute(
            Dial(
                leg_id=ids.leg_id(call_id, 1),
                target=Target(kind=TargetKind.TRUNK, address="+84987651000", trunk_id=43),
                caller=CallerId(number="+8428"),
                ring_seconds=5,
                bridge_id=bridge_id if is_bridged else None,
            )
        )
        async with asyncio.timeout(WAIT_SECONDS):
            invite = (await asyncio.get_running_loop().sock_recv(carrier, 65536)).decode()
    assert re.search(r"^m=audio \d+ RTP/AVP \d+ 0 9 8 101\b", invite, re.MULTILINE), invite
    assert "c=IN IP4 203.0.113.7\r\n" in invite
    await real.engine.provision(book)


async def test_a_trunk_that_registers_says_how_it_stands(real: RealGround) -> None:
    book = real.book.configuration
    account, wrong = "900-trunk", "901-trunk"
    node = real.node.layout
    trunks = tuple(
        Trunk(
            id=number, tenant_id=1, name=name, host=node.sip_host, port=node.sip_port, username=name, password=PASSWORD,
            does_register=True,
        )
        for number, name in ((44, account), (45, wrong))
    )  # fmt: skip
    # The node registers with itself: one account has the right password.
    phones = (*book.phones, phone(account), phone(wrong, "another"))
    await real.engine.provision(replace(book, phones=phones, trunks=(*book.trunks, *trunks)))
    registered = await real.witness.until(TrunkState, lambda state: state.trunk_id == 44 and state.is_registered)
    refused = await real.witness.until(TrunkState, lambda state: state.trunk_id == 45 and state.detail == "Rejected")
    assert registered.detail == "Registered"
    assert not refused.is_registered
    await real.engine.provision(book)


async def test_a_wrong_password_registers_nobody(real: RealGround) -> None:
    target = await real.add_lab_phone(Behaviour.answering(), is_registered=False)
    lab_phone = await real.lab.add_phone(target.address, "wrong", real.node.sip)
    async with asyncio.timeout(WAIT_SECONDS):
        while (await real.lab.registration_states()).get(target.address) != "Rejected":
            await asyncio.sleep(0.02)
    states = {each.sip_username: each.is_registered for each in await real.engine.registrations()}
    assert not states[target.address]
    await real.lab.remove_phone(lab_phone)


@pytest.mark.parametrize(("has_nat", "rewrite", "qualify"), [(True, "yes", "60"), (False, "no", "0")])
async def test_phones_behind_nat_are_where_they_came_from(has_nat: bool, rewrite: str, qualify: str) -> None:
    objects = objects_of(NodeConfiguration(revision=1, phones=(phone("101"),)), has_nat=has_nat)
    assert objects["endpoint", "101"]["rewrite_contact"] == rewrite
    assert objects["aor", "101"]["qualify_frequency"] == qualify
