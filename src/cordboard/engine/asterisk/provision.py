"""Provisioning by push: phones and trunks as objects of Asterisk's sorcery, kept in its memory.

They take effect at once, and are gone when Asterisk is: then everything is pushed again. Sources: Asterisk's
documentation of res_pjsip, and what was measured (ASTERISK.md).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from cordboard.domain.provisioning import SIP_REALM, NodeConfiguration, Phone
from cordboard.domain.trunk import Trunk
from cordboard.engine.asterisk.ari import AriResponse
from cordboard.engine.asterisk.resources import Endpoint

log = structlog.get_logger()

_TRUNK_PREFIX = "trunk-"

# Where calls that come in go: the dialplan refuses them until inbound calls are built.
INBOUND_CONTEXT = "refused"

# The audio that legs are offered, per call, out of what their endpoint allows. 8 kHz only: MixMonitor's stereo file
# is broken when one of the two legs is wider (an 800 Hz tone came out as 400 Hz), and no carrier's line is.
NARROW_BAND_CODECS = ("alaw", "ulaw", "gsm")
_PHONE_CODECS = ("alaw", "ulaw", "g722", "opus")

# Requests under way at once: enough to keep Asterisk busy, few enough for a call's command to pass within 20 ms.
_IN_FLIGHT = 16

# Sent in this order, taken away in the other: an endpoint needs its aor and auth.
_KINDS = ("auth", "aor", "endpoint", "registration")

Key = tuple[str, str]
Fields = Mapping[str, str]
Request = Callable[[str, str, Mapping[str, object] | None], Awaitable[AriResponse]]

_COMMON = {
    "context": INBOUND_CONTEXT,
    "disallow": "all",
    "direct_media": "no",
    "dtmf_mode": "rfc4733",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    # The endpoint's own order of codecs; by default Asterisk's.
    "outgoing_call_offer_pref": "local",
    # A 183 without SDP brings no audio: whoever waits shall go on hearing our ringback.
    "ignore_183_without_sdp": "yes",
    # The other party's number is none of its business but what the INVITE says.
    "send_connected_line": "no",
    "trust_connected_line": "no",
    "allow_subscribe": "no",
}


def trunk_endpoint(trunk_id: int) -> str:
    """The name of a trunk's endpoint."""
    return f"{_TRUNK_PREFIX}{trunk_id}"


def is_trunk(endpoint: str) -> bool:
    """Whether an endpoint is a trunk's."""
    return endpoint.startswith(_TRUNK_PREFIX)


def trunk_of(endpoint: str) -> int:
    """The trunk whose endpoint or registration that is."""
    return int(endpoint.removeprefix(_TRUNK_PREFIX))


def objects_of(configuration: NodeConfiguration, *, has_nat: bool = True) -> dict[Key, Fields]:
    """All objects that make up a configuration, by kind and id. ``has_nat``: see ``Provisioner``."""
    wanted: dict[Key, Fields] = {}
    for phone in configuration.phones:
        wanted |= _phone_objects(phone, has_nat=has_nat)
    for trunk in configuration.trunks:
        wanted |= _trunk_objects(trunk)
    return wanted


def _phone_objects(phone: Phone, *, has_nat: bool) -> dict[Key, Fields]:
    name = phone.sip_username
    return {
        ("auth", name): {
            "auth_type": "md5",
            "username": name,
            "realm": SIP_REALM,
            "md5_cred": phone.password_md5,
        },
        ("aor", name): {
            "max_contacts": "5",
            "remove_existing": "yes",
            "qualify_frequency": "60" if has_nat else "0",
            "default_expiration": "300",
        },
        ("endpoint", name): {
            **_COMMON,
            "allow": ",".join(_PHONE_CODECS),
            "auth": name,
            "aors": name,
            "identify_by": "username",
            "rewrite_contact": "yes" if has_nat else "no",
        },
    }


def _trunk_objects(trunk: Trunk) -> dict[Key, Fields]:
    """``identify_by`` ip, and no address: nobody who calls in is taken for a trunk by the user in From."""
    name = trunk_endpoint(trunk.id)
    server = f"sip:{_uri_host(trunk.host)}:{trunk.port}"
    has_account = bool(trunk.username)
    endpoint = {
        **_COMMON,
        "allow": ",".join(_trunk_codecs(trunk)),
        "aors": name,
        "identify_by": "ip",
    }
    if has_account:
        endpoint |= {"outbound_auth": name, "contact_user": trunk.username}
    if trunk.external_address:
        endpoint |= {"media_address": trunk.external_address, "from_domain": trunk.external_address}
    objects: dict[Key, Fields] = {
        # No qualify: a carrier that answers no OPTIONS must work all the same.
        ("aor", name): {"contact": server},
        ("endpoint", name): endpoint,
    }
    if has_account:
        objects["auth", name] = {"auth_type": "userpass", "username": trunk.username, "password": trunk.password}
    if trunk.does_register and has_account:
        objects["registration", name] = _registration(trunk, name, server)
    return objects


def _registration(trunk: Trunk, name: str, server: str) -> Fields:
    return {
        "client_uri": f"sip:{trunk.username}@{_uri_host(trunk.host)}",
        "server_uri": server,
        "outbound_auth": name,
        "contact_user": trunk.username,
        "expiration": "300",
        "retry_interval": "15",
        "forbidden_retry_interval": "60",
        "fatal_retry_interval": "60",
        "max_retries": "1000000",
        "auth_rejection_permanent": "no",
        "max_random_initial_delay": "0",
    }


def _trunk_codecs(trunk: Trunk) -> tuple[str, ...]:
    narrow = tuple(codec for codec in trunk.codecs if codec in NARROW_BAND_CODECS)
    return narrow or NARROW_BAND_CODECS[:2]


def _uri_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Provisioner:
    """Remembers what Asterisk was told, and tells it the difference.

    ``has_nat``: a phone is where its REGISTER came from, whatever its Contact says, and is asked every minute whether
    it is still there, which keeps the NAT's way to it open. Without NAT (on loopback) a phone is taken at its word: it
    may listen on another port than it registers from, and need not answer OPTIONS.
    """

    def __init__(self, *, has_nat: bool = True) -> None:
        self._has_nat = has_nat
        self._told: dict[Key, Fields] = {}
        self._is_known = False
        self._one_at_a_time = asyncio.Lock()

    def forget(self) -> None:
        """Asterisk may know anything: the next push sends everything, and takes away what it should not have."""
        self._told = {}
        self._is_known = False

    async def push(self, request: Request, configuration: NodeConfiguration) -> None:
        """Make Asterisk know exactly ``configuration``.

        An object that Asterisk refuses is logged and tried again by the next push; the others are not held up.

        Raises:
            EngineAway, EngineRefused: as ``request`` does. What was told is remembered.
        """
        async with self._one_at_a_time:
            wanted = objects_of(configuration, has_nat=self._has_nat)
            is_first = not self._is_known
            stale = [key for key, fields in self._told.items() if _is_stale(fields, wanted.get(key))]
            if is_first:
                stale += await _strays(request, wanted)
            for kind in reversed(_KINDS):
                await _each((key for key in stale if key[0] == kind), lambda key: self._take_away(request, key))
            for kind in _KINDS:
                changed = [key for key in wanted if key[0] == kind and self._told.get(key) != wanted[key]]
                await _each(changed, lambda key: self._tell(request, key, wanted[key]))
            self._is_known = True

    async def _tell(self, request: Request, key: Key, fields: Fields) -> None:
        body = {"fields": [{"attribute": name, "value": value} for name, value in fields.items()]}
        response = await request("PUT", _path(key), body)
        if response.is_ok:
            self._told[key] = fields
        else:
            log.error("not_provisioned", kind=key[0], name=key[1], reason=response.reason)

    async def _take_away(self, request: Request, key: Key) -> None:
        response = await request("DELETE", _path(key), None)
        if response.is_ok or response.is_gone:
            self._told.pop(key, None)
        else:
            log.error("not_taken_away", kind=key[0], name=key[1], reason=response.reason)


def _is_stale(told: Fields, wanted: Fields | None) -> bool:
    """Asterisk keeps the value of a field that an update leaves out: then the object must go first."""
    return wanted is None or bool(told.keys() - wanted.keys())


async def _strays(request: Request, wanted: Mapping[Key, Fields]) -> list[Key]:
    """What Asterisk may have from before, and should not: a ``switch`` that came back does not know what it said."""
    response = await request("GET", "endpoints", None)
    names = {endpoint.resource for endpoint in response.body(list[Endpoint])} if response.is_ok else set()
    return [(kind, name) for name in sorted(names) for kind in _KINDS if _may_stray(kind, name, wanted)]


def _may_stray(kind: str, name: str, wanted: Mapping[Key, Fields]) -> bool:
    # A trunk is always begun anew: fields that it no longer has must go (see _is_stale). A phone's never change.
    return (kind, name) not in wanted or (is_trunk(name) and kind == "endpoint")


def _path(key: Key) -> str:
    return f"asterisk/config/dynamic/res_pjsip/{key[0]}/{key[1]}"


async def _each(keys: Iterable[Key], do: Callable[[Key], Awaitable[None]]) -> None:
    waiting = iter(keys)

    async def work() -> None:
        for key in waiting:
            await do(key)

    await asyncio.gather(*(work() for _ in range(_IN_FLIGHT)))
