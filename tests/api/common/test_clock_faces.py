from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from cordboard.api.common.clock_faces import clock_faces

# Whole and odd offsets; a change at 00:01 (St John's until 2011), by half an hour (Lord Howe), a day left out (Apia).
ZONES = ("Asia/Ho_Chi_Minh", "UTC", "Europe/Rome", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Pacific/Apia", "Africa/Monrovia")  # fmt: skip


@given(second=st.integers(-2_000_000_000, 4_000_000_000), zone=st.sampled_from(ZONES))
@example(second=1173580259, zone="America/St_Johns")
@example(second=1173580260, zone="America/St_Johns")
@example(second=1325239199, zone="Pacific/Apia")
@example(second=-1, zone="Africa/Monrovia")
def test_a_second_is_shown_as_the_calendar_has_it(second: int, zone: str) -> None:
    local, faces = datetime.fromtimestamp(second, ZoneInfo(zone)), clock_faces(ZoneInfo(zone))
    assert faces.year_first(second) == local.strftime("%Y-%m-%d %H:%M:%S")
    assert faces.day_first(second) == local.strftime("%d/%m/%Y %H:%M:%S")


def test_every_second_about_a_change_of_the_clock() -> None:
    zone = ZoneInfo("America/St_Johns")
    # The second Sunday of March 2007, one minute past midnight.
    for second in range(1173584000 - 9000, 1173584000 + 5000):
        assert clock_faces(zone).year_first(second) == datetime.fromtimestamp(second, zone).strftime(
            "%Y-%m-%d %H:%M:%S"
        )


def test_what_never_happened_is_shown_as_nothing() -> None:
    faces = clock_faces(ZoneInfo("UTC"))
    assert (faces.year_first(None), faces.day_first(None)) == ("", "")
