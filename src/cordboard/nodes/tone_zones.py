"""The tones of the telephone networks of countries (ITU-T E.180, supplement 2), in Asterisk's notation."""

from dataclasses import dataclass

DEFAULT_ZONE = "vn"


@dataclass(frozen=True, slots=True)
class ToneZone:
    """Frequencies in Hz and lengths in ms: ``425/500,0/500`` sounds and rests for half a second each."""

    country: str
    dial: str
    ring: str
    busy: str
    congestion: str


ZONES: tuple[ToneZone, ...] = (
    ToneZone("vn", "425", "425/1000,0/4000", "425/350,0/350", "425/250,0/250"),
    ToneZone("us", "350+440", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250"),
    ToneZone("gb", "350+440", "400+450/400,0/200,400+450/400,0/2000", "400/375,0/375", "400/400,0/350,400/225,0/525"),
    ToneZone("it", "425/200,0/200,425/600,0/1000", "425/1000,0/4000", "425/500,0/500", "425/200,0/200"),
    ToneZone("fr", "440", "440/1500,0/3500", "440/500,0/500", "440/250,0/250"),
    ToneZone("de", "425", "425/1000,0/4000", "425/480,0/480", "425/240,0/240"),
    ToneZone("es", "425", "425/1500,0/3000", "425/200,0/200", "425/200,0/200,425/200,0/200,425/200,0/600"),
    ToneZone("sg", "425", "425*24/400,0/200,425*24/400,0/2000", "425/750,0/750", "425/250,0/250"),
    ToneZone("th", "400*50", "420/1000,0/5000", "400/500,0/500", "400/300,0/300"),
    ToneZone("au", "425*25", "425*25/400,0/200,425*25/400,0/2000", "425/375,0/375", "425/375,0/375"),
)


def indications_conf() -> str:
    """``indications.conf`` with every zone above."""
    return f"[general]\ncountry = {DEFAULT_ZONE}\n" + "".join(
        f"\n[{zone.country}]\ndescription = {zone.country}\nringcadence = 1000,4000\n"
        f"dial = {zone.dial}\nring = {zone.ring}\nbusy = {zone.busy}\ncongestion = {zone.congestion}\n"
        f"callwaiting = 425/100,0/5000\ndialrecall = {zone.dial}\nrecord = 1400/500,0/15000\n"
        "info = !950/330,!1400/330,!1800/330,0\n"
        for zone in ZONES
    )
