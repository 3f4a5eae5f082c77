"""apt with a state of its own: it resolves and downloads Debian packages without touching the machine's packages.

An empty list of installed packages makes apt resolve the whole closure, the C library included. Nothing here needs
root. Everything that differs from the machine's own apt is in one file of options.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.progress import Progress

# Where python-apt-common, which Ubuntu has as well, says where Debian's archive is.
DEBIAN_TEMPLATE = Path("/usr/share/python-apt/templates/Debian.info")
DEBIAN_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEBIAN_KEYS_PACKAGE = "debian-archive-keyring"
OWN_KEYS = {"debian": DEBIAN_KEYS, "ubuntu": Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")}
OWN_COMPONENTS = {"main", "universe"}
POLL_SECONDS = 0.3

# apt's words for a host that it cannot reach, after the address it tried.
_UNREACHABLE = re.compile(r"Failed to fetch \S+\s+(.*(?:resolv|onnect|onnection|nreachable|timed out|reading).*)")

# sid's lists say that they are valid for a week. Mirrors lag, so three months of age are taken; what apt checks of
# signatures is as it was (apt.conf(5), Acquire::Min-ValidTime).
OLDEST_LISTS_SECONDS = 90 * 86_400

_OPTIONS = """\
Dir::Etc::sourcelist "{state}/sources.list";
Dir::Etc::sourceparts "{state}/empty";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{state}/empty";
Dir::State "{state}";
Dir::State::lists "{state}/lists";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Log "{state}/log";
APT::Sandbox::User "";
APT::Keep-Downloaded-Packages "true";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::Min-ValidTime "{oldest}";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Debug::NoLocking "true";
Dpkg::Use-Pty "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A .deb that a set of packages consists of."""

    file_name: str
    size_bytes: int


class PrivateApt:
    """An apt whose state is ``folder``; ``sources`` are lines of a sources.list."""

    def __init__(self, folder: Path, sources: Sequence[str]) -> None:
        if not shutil.which("apt-get"):
            raise StartFailed(
                "this machine has no apt-get", "Install Asterisk (22.4 or later) and PostgreSQL (15 or later)"
            )
        self._folder = folder
        self._sources = sources
        self.archives = folder / "cache" / "archives"
        for part in ("empty", "log", "lists/partial", "cache/archives/partial", "nothing/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text("".join(f"{line}\n" for line in sources))
        (folder / "options").write_text(_OPTIONS.format(state=folder, oldest=OLDEST_LISTS_SECONDS))

    def update(self) -> None:
        """Fetch the lists of packages. Raises StartFailed."""
        self._run("apt-get", "update", "-q")

    def candidate(self, package: str) -> str:
        """The version that would be installed, or an empty text when the sources have no such package."""
        found = re.search(r"Candidate: (\S+)", self._run("apt-cache", "policy", package))
        return "" if found is None or found[1] == "(none)" else found[1]

    def closure(self, packages: Sequence[str]) -> tuple[Archive, ...]:
        """Every .deb that ``packages`` need, themselves included. Raises StartFailed."""
        # With no archive at hand apt lists them all: 'uri' file_name size hash
        printed = self._run(
            "apt-get", "install", "-y", "-qq", "--print-uris", "-o", f"Dir::Cache::archives={self._folder}/nothing",
            *packages,
        )  # fmt: skip
        found = re.findall(r"^'[^']+' (\S+\.deb) (\d+)", printed, re.MULTILINE)
        return tuple(Archive(file_name=name, size_bytes=int(size)) for name, size in found)

    def download(self, packages: Sequence[str], closure: Sequence[Archive], progress: Progress) -> None:
        """Download what is not there yet; what an earlier try left is taken up. Raises StartFailed."""
        total = sum(archive.size_bytes for archive in closure)
        with (self._folder / "log" / "download").open("w+") as log:
            process = subprocess.Popen(
                child.launched(self._command("apt-get", "install", "-y", "-q", "--download-only", *packages)),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=_environment(), cwd="/",
            )  # fmt: skip
            try:
                while process.poll() is None:
                    done = sum(self._bytes_of(archive) for archive in closure)
                    progress(f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")
                    time.sleep(POLL_SECONDS)
            finally:
                process.kill()
                process.wait()
            log.seek(0)
            printed = log.read()
        if any(self._bytes_of(archive) != archive.size_bytes for archive in closure):
            raise self._failure("apt-get install", printed)

    def download_one(self, package: str, folder: Path) -> Path:
        """The .deb of one package, without what it needs, in ``folder``. Raises StartFailed."""
        self._run("apt-get", "download", "-q", package, cwd=folder)
        return next(folder.glob(f"{package}_*.deb"))

    def forget_lists(self) -> None:
        """Free the room that the lists of packages take."""
        shutil.rmtree(self._folder / "lists")

    def _bytes_of(self, archive: Archive) -> int:
        for path in (self.archives / archive.file_name, self.archives / "partial" / archive.file_name):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        return 0

    def _command(self, tool: str, *arguments: str) -> list[str]:
        return [tool, "-c", str(self._folder / "options"), *arguments]

    def _run(self, tool: str, *arguments: str, cwd: Path = Path("/")) -> str:
        done = child.run(self._command(tool, *arguments), environment=_environment(), cwd=cwd)
        if done.returncode != 0:
            raise self._failure(f"{tool} {arguments[0]}", done.stdout)
        return done.stdout

    def _failure(self, what: str, printed: str) -> StartFailed:
        if "No space left" in printed:
            return StartFailed(f"the disk is full: {self._folder}", "Make room, or choose another CORDBOARD_CACHE")
        if unreachable := _UNREACHABLE.search(printed):
            hosts = ", ".join(dict.fromkeys(re.findall(r"https?://([^/\s]+)", " ".join(self._sources))))
            return StartFailed(
                f"cannot download from {hosts}: {unreachable[1].strip()}",
                "Check the network and apt's proxy, or install Asterisk yourself",
            )
        complaints = [line.partition(":")[2].strip() for line in printed.splitlines() if line.startswith(("E:", "W:"))]
        return StartFailed(f"{what} failed: {'; '.join(complaints[:3]).rstrip('.') or printed.strip()[-300:]}")


def _environment() -> dict[str, str]:
    """In English, with the tools of system folders, and with the proxy that we were given."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "PATH": path}


def os_release() -> dict[str, str]:
    """What /etc/os-release says: ID, VERSION_CODENAME."""
    try:
        lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    except OSError:
        return {}
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}


def own_sources() -> tuple[str, ...]:
    """The distribution's own suites as this machine is told to find them, without other vendors' repositories."""
    machine = os_release()
    codename = machine.get("VERSION_CODENAME", "")
    suites = {codename, f"{codename}-updates", f"{codename}-security", "stable", "testing", "unstable", "sid"} - {""}
    keys = OWN_KEYS.get(machine.get("ID", ""))
    option = f"signed-by={keys} " if keys and keys.exists() else ""
    return tuple(
        f"deb [{option}target=Packages] {uri} {release} {component}"
        for uri, release, component in _targets()
        if release in suites and component in OWN_COMPONENTS
    )


def debian_sources(suite: str, keys: Path = DEBIAN_KEYS) -> tuple[str, ...]:
    """A Debian suite from the mirror that this machine uses, or that its apt knows of, signed by ``keys``.

    Raises StartFailed when it knows of none.
    """
    is_debian = os_release().get("ID") == "debian"
    mirrors = [uri for uri, _, _ in _targets() if is_debian and "security" not in uri] or _known_mirrors()
    if not mirrors:
        reason = "no mirror of Debian is known here"
        raise StartFailed(reason, "Install python3-apt, or name an Asterisk of your own: CORDBOARD_ASTERISK_PREFIX")
    return (f"deb [signed-by={keys} target=Packages] {mirrors[0]} {suite} main",)


def _known_mirrors() -> list[str]:
    """The addresses of Debian's archive in python-apt's description of Debian, newest suite first."""
    try:
        return re.findall(r"(?m)^BaseURI: *(\S+/debian/?)$", DEBIAN_TEMPLATE.read_text("utf-8"))
    except OSError:
        return []


def fetch_debian_keys(folder: Path) -> Path:
    """The keys of Debian's archive, from the package that other distributions have of them. Raises StartFailed."""
    keys = folder / DEBIAN_KEYS.relative_to("/")
    if not keys.exists():
        apt = PrivateApt(folder / "apt", own_sources())
        apt.update()
        deb = apt.download_one(DEBIAN_KEYS_PACKAGE, folder)
        done = child.run(["dpkg-deb", "-x", deb, folder])
        if done.returncode != 0 or not keys.exists():
            raise StartFailed(f"{DEBIAN_KEYS_PACKAGE} cannot be unpacked: {done.stdout.strip()[-300:]}")
    return keys


def _targets() -> list[tuple[str, str, str]]:
    """(URI, release, component) of every repository that the machine's own apt is told of."""
    if not shutil.which("apt-get"):
        return []
    form = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
    printed = child.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"]).stdout
    parts = [line.split("|") for line in printed.splitlines() if line.count("|") == 2]
    return [(uri.rstrip("/"), release.rstrip("/"), component) for uri, release, component in parts]
