"""What a node's configuration is as objects of Asterisk's SIP stack: pure. ``provision`` sends them.

Sources: Asterisk's documentation of res_pjsip, and what was measured (docs/asterisk.md).
"""

from collections.abc import Collection, Mapping

from cordboard.domain.provisioning import SIP_REALM, NodeConfiguration, Phone
from cordboard.domain.trunk import Trunk

_TRUNK_PREFIX = "trunk-"
_CARRIER_PREFIX = "carrier-"

# The dialplan's contexts, where calls that come in go (nodes/asterisk_config.py).
PHONE_CONTEXT = "phones"
CARRIER_CONTEXT = "carriers"

# All that we understand. 8 kHz first, as carriers' lines and recordings are: then nothing needs converting.
CODECS = ("alaw", "ulaw", "gsm", "g722", "opus")
# What phones are offered. What callers may offer; they are answered with the first of these that they have.
_CODECS = ("alaw", "ulaw", "g722", "opus")

# The shortest that RFC 4028 allows (4.2). A peer that vanished is missed after 58 s when we look after it, after 66 s
# when it is the one that has to show up.
SESSION_SECONDS = 90

# In the order in which they are sent, taken away in the other: an endpoint needs its aor and auth.
KINDS = ("auth", "aor", "endpoint", "identify", "registration")
_PHONE_KINDS = ("auth", "aor", "endpoint")
_TRUNK_KINDS = ("auth", "aor", "endpoint", "registration")
_CARRIER_KINDS = ("endpoint", "identify")

Key = tuple[str, str]
Fields = Mapping[str, str]
# Host, as trunks name it → the addresses that it has.
Addresses = Mapping[str, Collection[str]]

_COMMON = {
    "disallow": "all",
    "direct_media": "no",
    # RFC 4733 to whoever understands it, else SIP INFO; both are understood.
    "dtmf_mode": "auto_info",
    "rtp_symmetric": "yes",
    "force_rport": "yes",
    # The endpoint's own order of codecs; by default Asterisk's.
    "outgoing_call_offer_pref": "local",
    # Answer with one codec, the first of ours: else a phone may change in the middle of a call.
    "incoming_call_offer_pref": "local_first",
    # A 183 without SDP brings no audio: whoever waits shall go on hearing our ringback.
    "ignore_183_without_sdp": "yes",
    # The other party's number is none of its business but what the INVITE says.
    "send_connected_line": "no",
    "trust_connected_line": "no",
    "allow_subscribe": "no",
    # No dialling digit by digit: what is no number is 404, not 484.
    "allow_overlap": "no",
    # An endpoint that is put again without this shows "unknown" as the number of all its callers.
    "callerid": "",
    # Whether the peer understands session timers or not.
    "timers": "always",
    "timers_min_se": str(SESSION_SECONDS),
    "timers_sess_expires": str(SESSION_SECONDS),
}


def trunk_endpoint(trunk_id: int) -> str:
    """The name of a trunk's endpoint, through which we call out."""
    return f"{_TRUNK_PREFIX}{trunk_id}"


def trunk_of(endpoint: str) -> int:
    """The trunk whose endpoint or registration that is."""
    return int(endpoint.removeprefix(_TRUNK_PREFIX))


def is_trunk(endpoint: str) -> bool:
    """Whether an endpoint is a trunk's."""
    return endpoint.startswith(_TRUNK_PREFIX)


def is_carrier(endpoint: str) -> bool:
    """Whether an endpoint is an address that carriers call from."""
    return endpoint.startswith(_CARRIER_PREFIX)


def is_phone(endpoint: str) -> bool:
    """Whether an endpoint is an account of phones."""
    return not is_trunk(endpoint) and not is_carrier(endpoint)


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of objects that whatever has that name may consist of."""
    if is_carrier(name):
        return _CARRIER_KINDS
    return _TRUNK_KINDS if is_trunk(name) else _PHONE_KINDS


def objects_of(
    configuration: NodeConfiguration, addresses: Addresses | None = None, *, has_nat: bool = True
) -> dict[Key, Fields]:
    """All objects that make up a configuration, by kind and id.

    ``addresses`` are those of the trunks' hosts: only from there carriers may call. ``has_nat``: see ``Provisioner``.
    """
    wanted: dict[Key, Fields] = {}
    for phone in configuration.phones:
        wanted |= _phone_objects(phone, has_nat=has_nat)
    for trunk in configuration.trunks:
        wanted |= _trunk_objects(trunk)
    return wanted | _carrier_objects(configuration.trunks, addresses or {})


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
            "context": PHONE_CONTEXT,
            "allow": ",".join(_CODECS),
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
        "context": CARRIER_CONTEXT,
        "allow": ",".join(trunk.codecs),
        "aors": name,
        "identify_by": "ip",
        "allow_transfer": "no",
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


def _carrier_objects(trunks: Collection[Trunk], addresses: Addresses) -> dict[Key, Fields]:
    """One endpoint for each address that a carrier may call from, whoever has trunks there.

    Of two that match the same address Asterisk always takes the first. Whose call it is, the dialled number decides.
    """
    objects: dict[Key, Fields] = {}
    for trunk in sorted(trunks, key=lambda trunk: (not trunk.external_address, trunk.id)):
        for address in addresses.get(trunk.host, ()):
            name = _CARRIER_PREFIX + address.replace(":", "_")
            if ("endpoint", name) in objects:
                continue
            objects["endpoint", name] = {
                **_COMMON,
                "context": CARRIER_CONTEXT,
                "allow": ",".join(_CODECS),
                "identify_by": "ip",
                "allow_transfer": "no",
                # The caller's number from P-Asserted-Identity, and whether it may be shown (RFC 3325).
                "trust_id_inbound": "yes",
                "media_address": trunk.external_address,
            }
            objects["identify", name] = {"endpoint": name, "match": address}
    return objects


def _uri_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
