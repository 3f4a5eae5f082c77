"""Writes the lab's Asterisk: what it has in common with a node's, other SIP addresses, and the lab's dialplan."""

from cordboard.lab.dialplan import CARRIER_CONTEXT, Notes, extensions_conf
from cordboard.nodes.asterisk_config import common_files, make_folders, write_files
from cordboard.nodes.asterisk_layout import AsteriskLayout

# One UDP port on each: the phones', the first carrier's, the second's. Other addresses than the phones', so that a
# registrar that knows carriers by their address does not take phones for one.
PHONE_HOST = "127.0.0.1"
CARRIER_HOSTS = ("127.0.0.2", "127.0.0.3")
HOSTS = (PHONE_HOST, *CARRIER_HOSTS)

MODULES = ("res_pjsip_endpoint_identifier_anonymous", "app_playback", "app_userevent", "func_uri", "func_db")

# SIP endpoint options of every party: audio on loopback only and through us (else the parties would send it to each
# other), G.711 as carriers have it, and hold told to the far end by re-INVITE.
PARTY_OPTIONS = {
    "disallow": "all",
    "allow": "alaw,ulaw",
    "media_address": PHONE_HOST,
    "bind_rtp_to_media_address": "yes",
    "direct_media": "no",
    "rtp_symmetric": "yes",
    "moh_passthrough": "yes",
    "trust_id_inbound": "no",
    "send_pai": "no",
}


def write_lab(layout: AsteriskLayout, notes: Notes) -> None:
    """Write all files of the lab's Asterisk and make its folders."""
    make_folders(layout)
    write_files(
        layout.configuration,
        {
            **common_files(layout, more_modules=MODULES),
            "pjsip.conf": pjsip_conf(layout),
            "sorcery.conf": sorcery_conf(),
            "extensions.conf": extensions_conf(layout.raw_recordings, notes),
            "manager.conf": manager_conf(layout),
        },
    )


def carrier_name(index: int) -> str:
    """The endpoint that a carrier places its own calls with."""
    return f"carrier-{index + 1}"


def pjsip_conf(layout: AsteriskLayout) -> str:
    """Transports and carriers. Phones are pushed.

    A call to a phone is known by the ``line`` in its URI, which the phone registered; a carrier's account by the user
    in From; anything else that comes is a call through a carrier ("anonymous" is Asterisk's name for that endpoint).
    """
    options = "".join(f"{key} = {value}\n" for key, value in PARTY_OPTIONS.items())
    transports = "".join(
        f"[at-{host}]\ntype = transport\nprotocol = udp\nbind = {host}:{layout.sip_port}\nallow_reload = no\n\n"
        for host in HOSTS
    )
    carriers = "".join(
        f"[{carrier_name(index)}]\ntype = endpoint\ncontext = {CARRIER_CONTEXT}\ntransport = at-{host}\n"
        f"identify_by = ip\n{options}\n"
        for index, host in enumerate(CARRIER_HOSTS)
    )
    return f"""[global]
type = global
user_agent = Cordboard lab
endpoint_identifier_order = username,anonymous

{transports}
[anonymous]
type = endpoint
context = {CARRIER_CONTEXT}
{options}
{carriers}"""


def sorcery_conf() -> str:
    """What is pushed lives in memory, what is fixed comes from ``pjsip.conf``."""
    return """[res_pjsip]
endpoint = memory
endpoint = config,pjsip.conf,criteria=type=endpoint
auth = memory
aor = memory
contact = memory

[res_pjsip_outbound_registration]
registration = memory
"""


def manager_conf(layout: AsteriskLayout) -> str:
    """AMI: the dialplan's user events, keys that are pressed, and whatever a test wants to do to a call."""
    return f"""[general]
enabled = yes
bindaddr = {layout.ami_host}
port = {layout.ami_port}
webenabled = no
displayconnects = no
timestampevents = yes

[{layout.ami_user}]
secret = {layout.ami_password}
read = user,dtmf
write = system,call,originate,command,user,reporting
writetimeout = 5000
"""
