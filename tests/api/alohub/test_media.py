"""MP3Export.do: who may play what, and how much of it (docs/dialects/alohub.md, Recordings)."""

import secrets
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import pytest

from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.common.file_answer import content_disposition
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.call_facts import RecordingStatus
from tests.api.house import MEDIA, House, Office

CONTENT = secrets.token_bytes(700_000)


def signed_url(house: House, office: Office, name: str) -> str:
    """The full URL that a webhook carries, less the scheme and host."""
    settings = house.core.settings
    urls = RecordingUrls(public_url=settings.public_url, signer=UrlSigner.from_key_file(settings.key_file))
    return urls.url_of(office.tenant.id, name).removeprefix(house.base_url)


async def test_a_recording_by_name_and_key(house: House, office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    full = f"{house.base_url}{MEDIA}?{urlencode({'url': name, 'source': 'ipcc'})}"
    for path in (MEDIA, f"{MEDIA}/", f"/api{MEDIA}"):
        for url in (name, full):
            for query in ({"url": url, "source": "ipcc"}, {"url": url}, {"url": url, "source": ""}):
                answer = await house.ask("GET", path, params=query, headers={"Authorization": office.key})
                assert (answer.status, answer.body) == (200, CONTENT)
    answer = await office.get(MEDIA, url=name)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == f'inline; filename="{name}"'


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a-1.mp3", 'inline; filename="a-1.mp3"'),
        ('a"b\\c.mp3', "inline; filename=\"a_b_c.mp3\"; filename*=UTF-8''a%22b%5Cc.mp3"),
        ("cuộc gọi.mp3", "inline; filename=\"cu_c g_i.mp3\"; filename*=UTF-8''cu%E1%BB%99c%20g%E1%BB%8Di.mp3"),
        ("a\r\nb", "inline; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab"),
    ],
)
def test_the_name_that_it_is_saved_under(name: str, header: str) -> None:
    assert content_disposition(name) == header


async def test_ranges(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    size = len(CONTENT)
    for header, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, size - 1),
        ("bytes=1000-300999", 1000, 300_999),
        (f"bytes={size - 1}-{size + 5}", size - 1, size - 1),
        ("bytes=-7", size - 7, size - 1),
    ):
        answer = await office.get(MEDIA, url=name, headers={"Range": header})
        assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert answer.headers["content-length"] == str(last - first + 1)
    for header in ("bytes=0-1,5-6", "bytes=x", "lines=1-2", "bytes=9-1"):
        assert (await office.get(MEDIA, url=name, headers={"Range": header})).status == 200
    answer = await office.get(MEDIA, url=name, headers={"Range": f"bytes={size}-"})
    assert answer.code == (416, "INVALID_INPUT")
    assert answer.headers["content-range"] == f"bytes */{size}"


async def test_versions(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    headers = (await office.get(MEDIA, url=name)).headers
    for validator in (headers["etag"], headers["last-modified"]):
        part = await office.get(MEDIA, url=name, headers={"Range": "bytes=0-9", "If-Range": validator})
        assert part.status == 206
    for validator in (
        '"other"',
        f"W/{headers['etag']}",
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "Sat, 01 Jan 2050 00:00:00 GMT",
        "no date",
    ):
        whole = await office.get(MEDIA, url=name, headers={"Range": "bytes=0-9", "If-Range": validator})
        assert (whole.status, len(whole.body)) == (200, len(CONTENT)), validator
    # Where there is no Range, the whole file is what is asked for.
    assert (await office.get(MEDIA, url=name, headers={"If-Range": headers["etag"]})).status == 200


async def test_who_has_it_already_gets_nothing(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    headers = (await office.get(MEDIA, url=name)).headers
    etag, modified = headers["etag"], headers["last-modified"]
    assert etag.startswith('"')
    at = parsedate_to_datetime(modified)
    for conditions in (
        {"If-None-Match": etag},
        {"If-None-Match": f"W/{etag}"},
        {"If-None-Match": f'"other", {etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-Modified-Since": at.strftime("%A, %d-%b-%y %H:%M:%S GMT")},
        {"If-Modified-Since": at.strftime("%a %b %e %H:%M:%S %Y")},
        {"If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"},
        {"If-None-Match": etag, "If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"If-None-Match": etag, "Range": "bytes=0-9"},
    ):
        for method in ("GET", "HEAD"):
            answer = await office.get(MEDIA, method=method, url=name, headers=conditions)
            assert (answer.status, answer.body) == (304, b""), conditions
            assert (answer.headers["etag"], answer.headers["cache-control"]) == (etag, "private, no-cache")
            assert "content-type" not in answer.headers
    for conditions in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        answer = await office.get(MEDIA, url=name, headers=conditions)
        assert (answer.status, len(answer.body)) == (200, len(CONTENT)), conditions


async def test_head_has_the_headers_alone(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    answer = await office.get(MEDIA, method="HEAD", url=name, headers={"Range": "bytes=0-9"})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert (await office.get(MEDIA, method="HEAD", url="none.mp3")).status == 404


async def test_an_empty_file(office: Office) -> None:
    name = (await office.recording(b"")).name
    answer = await office.get(MEDIA, url=name)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


async def test_a_miss_is_the_same_whoever_owns_it(office: Office, stranger: Office) -> None:
    theirs = (await stranger.recording(CONTENT)).name
    pending = (await office.recording(CONTENT, status=RecordingStatus.PENDING)).name
    failed = (await office.recording(CONTENT, status=RecordingStatus.FAILED)).name
    answers = [await office.get(MEDIA, url=name) for name in ("none.mp3", theirs, pending, failed)]
    assert {answer.code for answer in answers} == {(404, "NOT_FOUND")}
    assert len({answer.body for answer in answers}) == 1


async def test_a_file_that_is_gone_from_the_disk_is_a_miss(house: House, office: Office) -> None:
    recording = await office.recording(CONTENT)
    (house.core.settings.recordings / recording.path).unlink()
    assert (await office.get(MEDIA, url=recording.name)).code == (404, "NOT_FOUND")


async def test_after_its_retention_a_recording_has_expired(house: House, office: Office) -> None:
    await office.change(recording_days=2)
    purged = (await office.recording(CONTENT, status=RecordingStatus.EXPIRED)).name
    late = (await office.recording(CONTENT, recorded_from=house.clock.now())).name
    house.clock.move(2 * 86_400 - 1)
    assert (await office.get(MEDIA, url=late)).status == 200
    house.clock.move(1)
    for name in (purged, late):
        assert (await office.get(MEDIA, url=name)).code == (404, "RECORDING_EXPIRED")
        assert (await house.ask("GET", signed_url(house, office, name))).code == (404, "RECORDING_EXPIRED")
    # Nobody has removed it yet: a longer retention gives it back.
    await office.change(recording_days=3)
    assert (await office.get(MEDIA, url=late)).status == 200


async def test_lists_keep_the_name_of_what_has_expired(house: House, office: Office) -> None:
    recording = await office.recording(CONTENT, status=RecordingStatus.EXPIRED)
    facts = await office.record(recording_name=recording.name, recording_status=RecordingStatus.EXPIRED)
    [row], _ = await office.search(call_id=facts.reference)
    assert row["recording_url"] == recording.name
    report = (await office.get(f"/v1/reports/call-logs/{facts.reference}")).json["data"][0]
    assert report["recordingUrl"] == house.base_url + signed_url(house, office, recording.name)
    assert (await house.ask("GET", signed_url(house, office, recording.name))).code == (404, "RECORDING_EXPIRED")


async def test_a_signed_url_plays_without_any_header(house: House, office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    path = signed_url(house, office, name)
    answer = await house.ask("GET", path, headers={"Range": "bytes=0-9"})
    assert (answer.status, answer.body) == (206, CONTENT[:10])
    assert (await office.get(MEDIA, url=house.base_url + path)).body == CONTENT
    stale = await house.ask("GET", path, headers={"Authorization": "a key that was revoked"})
    assert stale.status == 200


async def test_a_disabled_tenants_signed_urls_play_nothing(house: House, office: Office) -> None:
    path = signed_url(house, office, (await office.recording(CONTENT)).name)
    await office.rows.tenants.change(is_enabled=False)
    assert (await house.ask("GET", path)).code == (401, "UNAUTHORIZED")
    await office.rows.tenants.change(is_enabled=True)
    assert (await house.ask("GET", path)).body == CONTENT


async def test_a_full_url_that_was_not_escaped(house: House, office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    full = house.base_url + signed_url(house, office, name)
    answer = await house.ask("GET", f"{MEDIA}?url={full}&source=ipcc")
    assert (answer.status, answer.body) == (200, CONTENT)


async def test_no_key_and_no_valid_signature(house: House, office: Office, stranger: Office) -> None:
    name, other = (await office.recording(CONTENT)).name, (await office.recording(CONTENT)).name
    good = signed_url(house, office, name)
    for path in (
        f"{MEDIA}?url={name}",
        f"{MEDIA}?url={name}&sig=",
        f"{good}x",
        good.replace(name, other),
        signed_url(house, stranger, name).replace(f"sig={stranger.tenant.id}.", f"sig={office.tenant.id}."),
    ):
        assert (await house.ask("GET", path)).code == (401, "UNAUTHORIZED"), path
    assert (await house.ask("GET", signed_url(house, stranger, name))).code == (404, "NOT_FOUND")


async def test_source_and_url_are_checked(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    assert (await office.get(MEDIA, url=name, source="crm")).code == (400, "INVALID_INPUT")
    assert (await office.get(MEDIA, source="ipcc")).code == (400, "INVALID_INPUT")
    assert (await office.get(MEDIA, url=" ", source="ipcc")).code == (400, "INVALID_INPUT")


STEPS = ["../", "..\\", "....//", "..%2f", "%2e%2e/", "..%c0%af", "/", "//", "./", "\0/", "\u2025/", "file:///"]
GOALS = [
    "secret.key",
    "etc/passwd",
    "proc/self/environ",
    "recordings/raw/a.wav",
    "{name}",
    "{tenant}/{name}",
    "{name}\0",
    "{name}%00.txt",
    "{name};.txt",
    "{name}/.",
    "~/.ssh/id_rsa",
    "cordboard.toml",
    "*",
    "",
]
ODD = [
    "http://169.254.169.254/latest/meta-data",
    "https://elsewhere.example/IPCCMedia/MP3Export.do?url={name}",
    "C:\\boot.ini",
    ".",
    "..",
    "%",
    "'; DROP TABLE recordings; --",
    "a" * 5000,
    "ế.mp3",
    "{name}.",
    "{name} x",
]


async def test_nothing_of_a_name_touches_a_path(office: Office) -> None:
    name = (await office.recording(CONTENT)).name
    strings = [step * depth + goal for step in STEPS for depth in (1, 3, 9) for goal in GOALS] + ODD
    assert len(strings) >= 500
    for string in strings:
        url = string.replace("{name}", name).replace("{tenant}", str(office.tenant.id))
        assert (await office.get(MEDIA, url=url)).code == (404, "NOT_FOUND"), url


@pytest.mark.parametrize("scope", ["call", "report"])
async def test_the_key_needs_the_right(house: House, office: Office, scope: str) -> None:
    name = (await office.recording(CONTENT)).name
    key = await office.new_key(scope)
    answer = await house.ask("GET", f"{MEDIA}?url={name}", headers={"Authorization": key})
    assert answer.code == (403, "INSUFFICIENT_SCOPE")
    assert (await house.ask("GET", signed_url(house, office, name), headers={"Authorization": key})).status == 200
