import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cordboard.store.vault import KeyFileUnusable, Vault


def test_a_sealed_secret_opens_again_for_its_tenant_only(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path / "secret.key")
    sealed = vault.seal(1, "pässword")
    assert Vault.at(tmp_path / "secret.key").open(1, sealed) == "pässword"
    assert sealed != vault.seal(1, "pässword")
    assert vault.open(1, vault.seal(1, "")) == ""
    with pytest.raises(KeyFileUnusable):
        vault.open(2, sealed)
    with pytest.raises(KeyFileUnusable):
        vault.open(1, sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_the_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "secret.key"
    Vault.at(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_programs_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as threads:
        vaults = list(threads.map(lambda _: Vault.at(file), range(16)))
    sealed = vaults[0].seal(1, "x")
    assert {vault.open(1, sealed) for vault in vaults} == {"x"}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", [b"", b"not a key", b"c2hvcnQ=", b"\xff\xfe"])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(content)
    with pytest.raises(KeyFileUnusable, match=r"secret\.key"):
        Vault.at(file)


def test_a_key_file_that_cannot_be_read_or_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable, match="directory"):
        Vault.at(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileUnusable, match=r"secret\.key"):
        Vault.at(tmp_path / "file" / "secret.key")
