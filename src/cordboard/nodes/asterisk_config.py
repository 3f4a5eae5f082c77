"""Writes the configuration of a private Asterisk: everything on loopback but the SIP address it was given.

Phones and trunks are not in it: they are pushed over ARI into sorcery's memory. The ``*_conf`` functions and
``common_files`` are shared with the lab's Asterisk, which differs in ``pjsip.conf``, ``sorcery.conf`` and
``extensions.conf`` only.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cordboard.domain.provisioning import SIP_REALM
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.asterisk_modules import MODULES
from cordboard.nodes.tone_zones import indications_conf

USER_AGENT = "Cordboard"

# The private file mode: these files hold the passwords of ARI and AMI.
_SECRET_MODE = 0o600

# Asterisk ends a websocket whose peer does not read for this long (its default, 100 ms, is less than one garbage
# collection on a busy machine); what it would have sent meanwhile waits inside it.
WEBSOCKET_WRITE_MILLISECONDS = 2000

# Their defaults suit us; absent, each is an error in the log of every start.
_EMPTY_FILES = ("ccss.conf", "cel.conf", "features.conf", "res_fax.conf", "udptl.conf")

# The contexts of the dialplan in which calls come in.
PHONE_CONTEXT = "phones"
CARRIER_CONTEXT = "carriers"

# What can be dialled; "s" is a request URI without a user. A single letter is not: some are extensions that Asterisk
# itself goes to ("h" when a call has ended).
_ANY_NUMBER = ("_[+0-9a-zA-Z*#].", "_[+0-9*#]", "s")

# What is told of a call that comes in, beside what an event of ARI has anyway: whose it is, from where, whom it was
# meant for (To), and whether its number may be shown.
_ARRIVAL = (
    "${CHANNEL(endpoint)}",
    "${CHANNEL(pjsip,remote_addr)}",
    "${CHANNEL(pjsip,local_uri)}",
    "${CALLERID(num-pres)}",
    "${PJSIP_HEADER(read,Privacy)}",
)


def write_configuration(layout: AsteriskLayout) -> None:
    """Write all files of a node's Asterisk and make the folders that it needs."""
    files = {
        **common_files(layout),
        "pjsip.conf": pjsip_conf(layout),
        "sorcery.conf": sorcery_conf(),
        "extensions.conf": extensions_conf(layout),
    }
    make_folders(layout)
    write_files(layout.configuration, files)


def common_files(layout: AsteriskLayout, *, more_modules: Iterable[str] = ()) -> dict[str, str]:
    """What every Asterisk of ours has, by file name."""
    return {
        "asterisk.conf": asterisk_conf(layout),
        "modules.conf": modules_conf(more_modules),
        "logger.conf": logger_conf(),
        "http.conf": http_conf(layout),
        "ari.conf": ari_conf(layout),
        "manager.conf": manager_conf(layout),
        "rtp.conf": rtp_conf(layout),
        "musiconhold.conf": musiconhold_conf(layout),
        "indications.conf": indications_conf(),
        # Asterisk's own call records: nobody reads them, and they cost CPU on every change of a channel.
        "cdr.conf": "[general]\nenable = no\n",
        **dict.fromkeys(_EMPTY_FILES, "[general]\n"),
        # A section in these would be an object.
        "websocket_client.conf": "",
        "geolocation.conf": "",
        "pjproject.conf": "",
        "acl.conf": "",
        "stasis.conf": "",
    }


def make_folders(layout: AsteriskLayout) -> None:
    """Make every folder that Asterisk writes to."""
    # ARI answers 500 to a recording when spool/recording is missing.
    for folder in (
        layout.configuration, layout.run_folder, layout.control_folder, layout.log, layout.raw_recordings,
        layout.spool / "recording", layout.spool / "cache", layout.run_folder / "db", layout.run_folder / "keys",
    ):  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write ``files`` into ``folder``, readable by their owner only."""
    for name, text in files.items():
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _SECRET_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)


def asterisk_conf(layout: AsteriskLayout) -> str:
    """Folders and options. ``astdb`` (the phones' contacts) lives in the run folder and survives a restart."""
    return f"""[directories]
astetcdir = {layout.configuration}
astmoddir = {layout.modules}
astvarlibdir = {layout.run_folder}
astdbdir = {layout.run_folder / "db"}
astkeydir = {layout.run_folder}
astdatadir = {layout.data}
astagidir = {layout.run_folder / "agi-bin"}
astspooldir = {layout.spool}
astcachedir = {layout.spool / "cache"}
astrundir = {layout.control_folder}
astlogdir = {layout.log}

[options]
entityid = {layout.entity_id}
nocolor = yes
execincludes = no
live_dangerously = no
documentation_language = en_US
hideconnect = yes

[files]
astctlpermissions = 0600
"""


def modules_conf(more: Iterable[str] = ()) -> str:
    """The modules by name; ``more`` besides ours."""
    names = dict.fromkeys((*MODULES, *more))
    return "[modules]\nautoload = no\n" + "".join(f"load = {name}.so\n" for name in names)


def logger_conf() -> str:
    """Warnings and errors to standard output; refused registrations and the like (notices) to the file ``messages``."""
    return """[general]
dateformat = %F %T.%3q
appendhostname = no

[logfiles]
console = warning,error
messages = notice,warning,error
"""


def http_conf(layout: AsteriskLayout) -> str:
    """ARI's server."""
    return f"""[general]
enabled = yes
bindaddr = {layout.ari_host}
bindport = {layout.ari_port}
enable_static = no
enable_status = no
"""


def ari_conf(layout: AsteriskLayout) -> str:
    """ARI's one user."""
    return f"""[general]
enabled = yes
pretty = no
websocket_write_timeout = {WEBSOCKET_WRITE_MILLISECONDS}

[{layout.ari_user}]
type = user
read_only = no
password_format = plain
password = {layout.ari_password}
"""


def manager_conf(layout: AsteriskLayout) -> str:
    """AMI, for recordings, contacts and registrations: no events, and no rights beyond what MixMonitor asks for."""
    return f"""[general]
enabled = yes
bindaddr = {layout.ami_host}
port = {layout.ami_port}
webenabled = no
displayconnects = no

[{layout.ami_user}]
secret = {layout.ami_password}
read =
write = system,call
writetimeout = 1000
"""


def rtp_conf(layout: AsteriskLayout) -> str:
    """The UDP ports for audio."""
    first, last = layout.rtp_ports
    return f"""[general]
rtpstart = {first}
rtpend = {last}
icesupport = yes
"""


def musiconhold_conf(layout: AsteriskLayout) -> str:
    """The music that is played to who waits."""
    return f"""[general]
cachertclasses = no

[default]
mode = files
directory = {layout.music}
sort = random
"""


def pjsip_conf(layout: AsteriskLayout) -> str:
    """The SIP stack, without anybody in it.

    ``timer_b`` (RFC 3261 17.1.1.2): a trunk that answers nothing at all fails over after 6.4 s, not 32. Asterisk takes
    no less than 64 times ``timer_t1``, and no ``timer_t1`` below 100 ms. The price: where an answer takes longer than
    100 ms, a request is sent again once or twice before it comes; and who answers has 6.4 s to get its ACK through.
    ``username`` before ``ip``: a trunk on the same address as a phone must not swallow the phone's requests. A caller
    from a carrier who bears the name of a phone's account is asked for its password.
    ``ignore_uri_user_options``: carriers put things like ``;npdi`` behind the number. ``norefersub`` no: phones are not
    invited to ask for transfers without reports (RFC 4488), of which 22.10.1 dies.
    """
    return f"""[system]
type = system
timer_t1 = 100
timer_b = 6400

[global]
type = global
user_agent = {USER_AGENT}
default_realm = {SIP_REALM}
endpoint_identifier_order = username,ip
ignore_uri_user_options = yes
norefersub = no
max_initial_qualify_time = 1
contact_expiration_check_interval = 5

[transport-udp]
type = transport
protocol = udp
bind = {layout.sip_host}:{layout.sip_port}
allow_reload = no
"""


def sorcery_conf() -> str:
    """What is provisioned lives in memory, pushed over ARI; contacts outlive a crash of Asterisk in astdb."""
    return """[res_pjsip]
endpoint = memory
auth = memory
aor = memory
contact = astdb,registrar

[res_pjsip_endpoint_identifier_ip]
identify = memory

[res_pjsip_outbound_registration]
registration = memory
"""


def extensions_conf(layout: AsteriskLayout) -> str:
    """Calls that come in: from phones that proved who they are, and from carriers' addresses.

    Both go to the ``switch``, unanswered, with what the engine's ``arrivals`` reads of them, percent-encoded; they get
    503 (Q.850 34) while no ``switch`` is connected. Phones may ask for transfers, which the ``switch`` decides on.
    """
    carriers = "".join(_arrival(layout, pattern) for pattern in _ANY_NUMBER)
    phones = "".join(_arrival(layout, pattern, "Set(PJSIP_TRANSFER_HANDLING()=ari-only)") for pattern in _ANY_NUMBER)
    return f"""[general]
static = yes
writeprotect = yes

[{PHONE_CONTEXT}]
{phones}
[{CARRIER_CONTEXT}]
{carriers}"""


def _arrival(layout: AsteriskLayout, pattern: str, *before: str) -> str:
    values = ",".join(f"${{URIENCODE({value})}}" for value in _ARRIVAL)
    steps = (*before, f"Stasis({layout.stasis_app},{values})", "Hangup(34)")
    return f"exten = {pattern},1,{steps[0]}\n" + "".join(f" same = n,{step}\n" for step in steps[1:])
