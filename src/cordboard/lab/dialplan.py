"""The lab's dialplan: all that happens to a call happens in Asterisk, so that benches measure us and not the lab.

``lab-phone`` and ``lab-carrier`` find out what to do with a call that comes in, ``lab-act`` does it. What happens is
told by three user events, read over AMI: LabInvite, LabAnswer, LabEnd; a global variable says how much (``Notes``).
"""

from dataclasses import fields
from enum import IntEnum
from pathlib import Path

from cordboard.lab.behaviour import ANNOUNCEMENT, ANNOUNCEMENT_HZ, DEFAULT_TONE_HZ, Behaviour
from cordboard.lab.number_plan import DIGITS, OTHERWISE, PLAN, SIP_CODE, TEN_TIMES_DIGITS, PlanEntry

PHONE_CONTEXT = "lab-phone"
CARRIER_CONTEXT = "lab-carrier"
TALK_CONTEXT = "lab-talk"
HOLD_CONTEXT = "lab-hold"
STASIS_APP = "lab"
DATABASE_FAMILY = "lab"
# Where a number of somebody else's leads: what to dial, by the last digits. However it is written, it is one number.
OWNERS_FAMILY = f"{DATABASE_FAMILY}-owner"
SAME_DIGITS = 9

# The channel variables that a Behaviour is read into, in the order of its fields.
VARIABLES = tuple(f"DO_{each.name.upper()}" for each in fields(Behaviour))

# How phones are asked to pick up by themselves: the usual three headers and what they have in common.
_AUTOMATIC = (("Call-Info", "answer-after=0"), ("Alert-Info", "auto"), ("Answer-Mode", "Auto"))

# Any user part. It matches "h" (hang-up), too, unless the same context has that by name.
_ANY = "_[+0-9a-zA-Z*#]!"


class Notes(IntEnum):
    """How much the lab tells of its calls. Reading all headers costs 1 ms of CPU a call: benches ask for less."""

    NONE = 0
    INVITES = 1
    CALLS = 2
    HEADERS = 3


_TELLS_CALLS = f"$[${{NOTES}} >= {Notes.CALLS.value}]"
# StopMixMonitor closes the file: it is complete when the end is told.
_END = f"""exten => h,1,ExecIf($["${{DO_IS_RECORDED}}" = "1"]?StopMixMonitor())
 same => n,ExecIf({_TELLS_CALLS}?UserEvent(LabEnd,Cause: ${{HANGUPCAUSE}}))
"""
_ENDED_UNANSWERED = f"ExecIf({_TELLS_CALLS}?UserEvent(LabEnd,Of: ${{DIALLED_ID}},Cause: ${{HANGUPCAUSE}}))"
_ANSWERED = f"ExecIf({_TELLS_CALLS}?UserEvent(LabAnswer))"


def extensions_conf(heard: Path, notes: Notes) -> str:
    """The whole file. ``heard`` is the folder for what parties hear, as ``<unique id>.wav``, 8 kHz."""
    return "\n".join((
        f"[general]\nstatic=yes\nwriteprotect=yes\nclearglobalvars=no\n\n[globals]\nNOTES={notes.value}\n",
        _phone(), _carrier(), _act(heard), _note(), _talk(heard),
    ))  # fmt: skip


def _assign(values: str) -> str:
    return f"Set(ARRAY({','.join(VARIABLES)})={values})"


def _phone() -> str:
    return f"""[{PHONE_CONTEXT}]
exten => {_ANY},1,Set(PARTY=${{EXTEN}})
 same => n,{_assign("${DB(" + DATABASE_FAMILY + "/${EXTEN})}")}
 same => n,Gosub(lab-note,s,1(${{EXTEN}}))
 same => n,Goto(lab-act,s,1)
{_END}"""


def _carrier() -> str:
    """One for all carriers: which one is told by the address that the INVITE came to.

    A number that was routed to its owner goes there; any other does what the number plan says.
    """
    entries = "\n".join(_entry(entry) for entry in PLAN)
    return f"""[{CARRIER_CONTEXT}]
exten => {_ANY},1,Set(PARTY=${{CHANNEL(pjsip,local_addr)}})
 same => n,Gosub(lab-note,s,1(${{EXTEN}}))
 same => n,Set(OWNER=${{DB({OWNERS_FAMILY}/${{EXTEN:-{SAME_DIGITS}}})}})
 same => n,GotoIf($["${{OWNER}}" != ""]?owned)
 same => n,Set(OVERRIDE=${{DB({DATABASE_FAMILY}/${{PARTY}})}})
 same => n,GotoIf($["${{OVERRIDE}}" != ""]?overridden)
 same => n,Set(DIGITS=${{EXTEN:-3}})
 same => n,{_assign(OTHERWISE.encoded())}
 same => n,GosubIf($[${{LEN(${{EXTEN}})}} > 6]?lab-plan,k${{EXTEN:-4:1}},1)
 same => n(decided),ExecIf($["${{DB({DATABASE_FAMILY}-record/${{PARTY}})}}" = "1"]?Set(DO_IS_RECORDED=1))
 same => n,Goto(lab-act,s,1)
 same => n(overridden),{_assign("${OVERRIDE}")}
 same => n,Goto(decided)
 same => n(owned),Dial(${{OWNER}})
 same => n,Hangup(${{HANGUPCAUSE}})
{_END}
[lab-plan]
{entries}
exten => _k!,1,Return()
"""


# Leading zeros mean nothing to $[]: 007 is 7.
_VARIED = {
    DIGITS: "$[0 + ${DIGITS}]",
    TEN_TIMES_DIGITS: f"${{IF($[${{DIGITS}} > 0]?$[${{DIGITS}} * 10]:{DEFAULT_TONE_HZ})}}",
    SIP_CODE: "${IF($[${DIGITS} = 200 | (${DIGITS} >= 400 & ${DIGITS} <= 699)]?${DIGITS}:404)}",
}


def _entry(entry: PlanEntry) -> str:
    lines = [f"exten => k{entry.kind},1,{_assign(entry.behaviour.encoded())}"]
    lines += [f" same => n,Set(DO_{name.upper()}={_VARIED[source]})" for name, source in entry.varied.items()]
    return "\n".join((*lines, " same => n,Return()"))


def _act(heard: Path) -> str:
    tones = ",".join(f"!{hz}/330" for hz in ANNOUNCEMENT_HZ)
    automatic = "\n".join(
        f' same => n,GotoIf($["${{PJSIP_HEADER(read,{name})}}" =~ "{sign}"]?answer)' for name, sign in _AUTOMATIC
    )
    return f"""[lab-act]
exten => s,1,GotoIf($[${{DO_IS_AUTOMATIC}}]?automatic)
 same => n(ring),GotoIf($[${{DO_RING_SECONDS}} = 0]?rung)
 same => n,Ringing()
 same => n,Wait(${{DO_RING_SECONDS}})
 same => n(rung),GotoIf($[${{DO_IS_ANNOUNCED}}]?announce)
 same => n(decide),GotoIf($[${{DO_SIP_CODE}} = 200]?answer)
 same => n,GotoIf($[${{DO_SIP_CODE}} = 0]?forever)
 same => n,PJSIPHangup(${{DO_SIP_CODE}})
 same => n,Hangup()
 same => n(announce),Progress()
 same => n,PlayTones({tones},!0)
 same => n,Wait(1.2)
 same => n,StopPlayTones()
 same => n,Playback({ANNOUNCEMENT},noanswer)
 same => n,Goto(decide)
 same => n(automatic),NoOp()
{automatic}
 same => n,Set(DO_SIP_CODE=0)
 same => n(forever),Ringing()
 same => n,Wait(3600)
 same => n,Hangup()
 same => n(answer),Answer(,i)
 same => n,{_ANSWERED}
 same => n,ExecIf($[${{DO_IS_RECORDED}}]?MixMonitor(,r({heard}/${{UNIQUEID}}.wav)))
 same => n,ExecIf($["${{DO_SPEECH}}" != ""]?Playback(${{DO_SPEECH}}))
 same => n,Goto({TALK_CONTEXT},s,talk)
{_END}"""


def _note() -> str:
    """Tells of an INVITE. Header values are percent-encoded: they may hold commas."""
    return f"""[lab-note]
exten => s,1,GotoIf($[${{NOTES}} < {Notes.INVITES.value}]?done)
 same => n,Set(TEXT=)
 same => n,GotoIf($[${{NOTES}} < {Notes.HEADERS.value}]?tell)
 same => n,Set(TEXT=Request-URI=${{URIENCODE(${{CHANNEL(pjsip,request_uri)}})}})
 same => n,Set(NAMES=${{PJSIP_HEADERS()}})
 same => n(next),Set(NAME=${{SHIFT(NAMES)}})
 same => n,GotoIf($["${{NAME}}" = ""]?tell)
 same => n,Set(TEXT=${{TEXT}}&${{NAME}}=${{URIENCODE(${{PJSIP_HEADER(read,${{NAME}})}})}})
 same => n,Goto(next)
 same => n(tell),UserEvent(LabInvite,Party: ${{PARTY}},Number: ${{ARG1}},Headers: ${{TEXT}})
 same => n(done),Return()
"""


def _talk(heard: Path) -> str:
    """Where calls talk. Those that the lab places begin at ``dialled``, or end at ``failed``, unanswered.

    ``talk`` is also where those on hold come back.
    """
    return f"""[{TALK_CONTEXT}]
exten => dialled,1,{_ANSWERED}
 same => n,ExecIf($[${{DO_IS_RECORDED}}]?MixMonitor(,r({heard}/${{UNIQUEID}}.wav)))
 same => n,Goto(s,talk)
exten => failed,1,{_ENDED_UNANSWERED}
exten => s,1,NoOp()
 same => n(talk),ExecIf($[${{DO_TONE_HZ}} > 0]?PlayTones(${{DO_TONE_HZ}}))
 same => n,Wait(${{DO_TALK_SECONDS}})
 same => n,Hangup(16)
{_END}
[{HOLD_CONTEXT}]
exten => s,1,Stasis({STASIS_APP})
 same => n,Goto({TALK_CONTEXT},s,talk)
{_END}"""
