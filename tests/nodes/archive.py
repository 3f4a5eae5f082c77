"""A small Debian archive on disk, for fetching without a network."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Packages in ``folder`` and the line of a sources.list that names it."""

    folder: Path

    @property
    def sources(self) -> tuple[str, ...]:
        # copy: apt uses the files of file: where they are, instead of downloading them.
        return (f"deb [trusted=yes target=Packages] copy:{self.folder} ./",)

    def add(self, name: str, files: Mapping[str, str], *, version: str = "1", depends: str = "") -> None:
        """A package with ``files`` (path → text)."""
        tree = self.folder / "trees" / f"{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@localhost>\n"
        control += (f"Depends: {depends}\n" if depends else "") + "Description: x\n"
        (tree / "DEBIAN" / "control").write_text(control)
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
            (tree / path).chmod(0o4755)
        deb = self.folder / f"{name}_{version}_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True, capture_output=True)
        content = deb.read_bytes()
        entry = (
            f"{control}Filename: ./{deb.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
        )
        with (self.folder / "Packages").open("a") as packages:
            packages.write(f"{entry}\n")

    def forget(self, name: str, version: str) -> None:
        """Take a package out, as sid does with old versions."""
        (self.folder / f"{name}_{version}_all.deb").unlink()
        entries = (self.folder / "Packages").read_text().split("\n\n")
        kept = [each for each in entries if f"Package: {name}\nVersion: {version}\n" not in f"{each}\n"]
        (self.folder / "Packages").write_text("\n\n".join(kept))
