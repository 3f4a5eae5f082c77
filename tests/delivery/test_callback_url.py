import pytest

from cordboard.delivery.callback_url import read_callback_url
from cordboard.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("written", "path", "host"),
    [
        ("https://example.com", "/", "example.com"),
        ("http://example.com:8080/a/b?x=1&y=%2F%2f", "/a/b?x=1&y=%2F%2f", "example.com"),
        ("https://example.com/a%20b/%7Euser;v=1?q=a+b", "/a%20b/%7Euser;v=1?q=a+b", "example.com"),
        ("https://example.com//double//slash/../up", "//double//slash/../up", "example.com"),
        ("https://example.com/đường?tên=ổ", "/%C4%91%C6%B0%E1%BB%9Dng?t%C3%AAn=%E1%BB%95", "example.com"),
        ("https://bücher.example/x%2Fy", "/x%2Fy", "xn--bcher-kva.example"),
        ("https://key:secret@example.com/h", "/h", "example.com"),
        ("https://example.com/h?#part", "/h", "example.com"),
        ("HTTPS://EXAMPLE.com/Case", "/Case", "EXAMPLE.com"),
        ("http://[2606:4700::1111]:81/h", "/h", "2606:4700::1111"),
    ],
)
def test_is_sent_as_written(written: str, path: str, host: str) -> None:
    url = read_callback_url(written)
    assert (url.raw_path_qs, url.raw_host) == (path, host)


@pytest.mark.parametrize(
    "written",
    [
        *("", "example.com/hook", "//example.com/hook", "ftp://example.com/", "file:///etc/passwd", "gopher://x/_a"),
        *("javascript:alert(1)", "http://", "http:///path", "http://:80/", "http://example.com:0/"),
        *("http://example.com:65536/", "http://example.com:port/", "http://[::1/", "http://a b/"),
        "http://example.com/a b",
        "http://example.com/\r\nX-Injected: 1",
        "http://example.com/\x00",
        "http://example.com/" + "a" * 8000,
    ],
)
def test_what_cannot_be_called_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_callback_url(written)
