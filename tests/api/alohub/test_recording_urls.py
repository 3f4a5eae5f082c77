import pytest

from cordboard.api.alohub.recording_urls import host_of, read_wanted
from cordboard.api.common.signed_urls import UrlSigner

HOSTS = frozenset({"pbx.example", "127.0.0.1"})
SIGNER = UrlSigner(b"secret")


def test_a_bare_name_is_itself() -> None:
    wanted = read_wanted("url_file.mp3", "1.x", HOSTS)
    assert (wanted.name, wanted.signature) == ("url_file.mp3", "1.x")


@pytest.mark.parametrize(
    "url",
    [
        "https://pbx.example/IPCCMedia/MP3Export.do?url=a.mp3&source=ipcc",
        "http://PBX.example:8443/IPCCMedia/MP3Export.do?url=a.mp3",
        "http://127.0.0.1:8080/api/IPCCMedia/MP3Export.do/?source=ipcc&url=a.mp3",
    ],
)
def test_a_full_url_of_this_host_stands_for_its_own_name(url: str) -> None:
    assert read_wanted(url, "", HOSTS).name == "a.mp3"


def test_the_inner_signature_counts() -> None:
    url = "https://pbx.example/IPCCMedia/MP3Export.do?url=a.mp3&sig=inner"
    assert read_wanted(url, "outer", HOSTS).signature == "inner"
    assert read_wanted("https://pbx.example/IPCCMedia/MP3Export.do?url=a.mp3", "outer", HOSTS).signature == "outer"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/IPCCMedia/MP3Export.do?url=a.mp3",
        "https://pbx.example.evil.example/IPCCMedia/MP3Export.do?url=a.mp3",
        "https://pbx.example@evil.example/IPCCMedia/MP3Export.do?url=a.mp3",
        "https://pbx.example/other?url=a.mp3",
        "file:///etc/passwd",
        "../../secret.key",
        "/etc/passwd",
        "http://[::1/IPCCMedia/MP3Export.do?url=a.mp3",
        "//",
    ],
)
def test_anything_else_with_a_slash_is_no_recording(url: str) -> None:
    assert read_wanted(url, "", HOSTS).name is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("https://PBX.example/x", "pbx.example"),
        ("pbx.example:8080", "pbx.example"),
        ("[::1]:8080", "::1"),
        ("", ""),
        ("[::1", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_signature_is_for_one_tenant_and_one_name() -> None:
    signature = SIGNER.sign(5, "a.mp3")
    assert SIGNER.tenant_of(signature, "a.mp3") == 5
    assert SIGNER.tenant_of(signature, "b.mp3") is None
    assert SIGNER.tenant_of(signature.replace("5.", "6."), "a.mp3") is None
    assert UrlSigner(b"another house").tenant_of(signature, "a.mp3") is None


@pytest.mark.parametrize(
    "signature", ["", ".", "5.", "5", "x.y", "-1.AA", "5.ế", "\u0665.AA", "9" * 400 + ".AA", "05.AA"]
)
def test_a_made_up_signature_is_nobodys(signature: str) -> None:
    assert SIGNER.tenant_of(signature, "a.mp3") is None
