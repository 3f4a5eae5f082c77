import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from cordboard.settings import InvalidSettings, Settings


def load(home: Path, **variables: str) -> Settings:
    return Settings.load(
        {"CORDBOARD_HOME": str(home)} | {f"CORDBOARD_{key.upper()}": variables[key] for key in variables}
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_every_setting_is_documented() -> None:
    text = resources.files("cordboard").joinpath("settings.default.toml").read_text("utf-8")
    assert set(tomllib.loads(text)) == {each.name for each in fields(Settings)}


def test_the_later_layer_wins(tmp_path: Path) -> None:
    assert load(tmp_path).http == "127.0.0.1:8080"
    write(tmp_path / "cordboard.toml", 'http = "127.0.0.1:1"\nrtp = "1-2"\nsip = "127.0.0.1:3"')
    write(tmp_path / "run" / "runtime.toml", 'rtp = "3-4"\nsip = "127.0.0.1:4"')
    found = load(tmp_path, sip="127.0.0.1:5")
    assert (found.http, found.rtp, found.sip) == ("127.0.0.1:1", "3-4", "127.0.0.1:5")
    assert Settings.load({"CORDBOARD_HOME": str(tmp_path)}, with_runtime=False).rtp == "1-2"


def test_types_from_the_environment(tmp_path: Path) -> None:
    found = load(tmp_path, web_processes="3", demo="yes", allow_networks="10.0.0.0/8, 127.0.0.0/8,")
    assert (found.web_processes, found.demo, found.allow_networks) == (3, True, ("10.0.0.0/8", "127.0.0.0/8"))
    assert not load(tmp_path, demo="").demo


@pytest.mark.parametrize(("key", "text"), [("web_processes", "many"), ("demo", "maybe")])
def test_a_variable_of_the_wrong_type(tmp_path: Path, key: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=f"CORDBOARD_{key.upper()}: '{text}'"):
        load(tmp_path, **{key: text})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("htpp = '1'", "unknown setting 'htpp'"),
        ("web_processes = '2'", "'web_processes' must be of type int"),
        ("web_processes = true", "'web_processes' must be of type int"),
        ("allow_networks = '10.0.0.0/8'", "'allow_networks' must be of type list"),
        ("home = '/x'", "CORDBOARD_HOME only"),
        ("http = ", "cordboard.toml: "),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, complaint: str) -> None:
    write(tmp_path / "cordboard.toml", text)
    with pytest.raises(InvalidSettings, match=complaint):
        load(tmp_path)


def test_another_process_loads_the_same(tmp_path: Path) -> None:
    found = load(tmp_path, demo="1", allow_networks="10.0.0.0/8,127.0.0.0/8", database_url="postgresql://x?a=b%2Cc")
    assert Settings.load(found.environment()) == found
    # A child is told everything, so what the home's files say by then changes nothing for it.
    write(tmp_path / "cordboard.toml", "max_calls = 1")
    assert Settings.load(found.environment()) == found


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    found = load(tmp_path, ari_password="hush-ari", ami_password="hush-ami", database_url="postgresql://a:hush-db@b/c")
    assert "hush" not in repr(found)


def test_the_public_address_follows_from_http(tmp_path: Path) -> None:
    assert load(tmp_path, http="127.0.0.1:9").public_url == "http://127.0.0.1:9"
    assert load(tmp_path, public_url="https://voice.example.com/").public_url == "https://voice.example.com"
