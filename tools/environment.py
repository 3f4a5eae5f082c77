"""Makes ``.venv`` in the checkout: the locked packages and the ``cordboard`` command. Nothing to do: 50 ms.

``environment.py [--test] [--bench]``; with the standard library only, and without Debian's python3-venv: Debian ships
the library's venv without the pip that it installs, so pip comes from Debian's own wheel then.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
# The wheel that python3-pip-whl installs, and that ensurepip would use.
DEBIAN_WHEELS = Path("/usr/share/python-wheels")
DEBIAN_PACKAGE = "python3-pip-whl"
# pip's and its libraries' words for a host that they cannot reach.
UNREACHABLE = re.compile(r"Failed to establish a new connection: [^')]+|Failed to resolve [^')]+'[^']+'|timed out")


class NotMade(Exception):
    """Why there is no environment, for a person."""


def main() -> None:
    """Make it, or see that it is there."""
    locks = [ROOT / "requirements.lock"]
    locks += [ROOT / f"requirements-{group}.lock" for group in ("test", "bench") if f"--{group}" in sys.argv]
    os.umask(0o022)
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            make(locks)
    except NotMade as reason:
        sys.exit(f"environment: {reason}")
    except OSError as error:
        sys.exit(f"environment: {error.filename or ENVIRONMENT}: {error.strerror}")


def make(locks: list[Path]) -> None:
    """Make what is missing. A stamp per lock file says what is done; an interrupted installation has none."""
    missing = [lock for lock in locks if not is_done(lock)]
    if not missing:
        return
    if not works("-m", "pip", "--version"):
        print(f"making .venv with {sys.executable}", flush=True)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        make_empty()
    for lock in missing:
        print(f"installing what {lock.name} lists", flush=True)
        pip("--requirement", str(lock))
    if not (ENVIRONMENT / "bin" / "cordboard").exists() or missing[0].name == "requirements.lock":
        pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    for lock in missing:
        stamp(lock).write_text(fingerprint(lock))


def stamp(lock: Path) -> Path:
    """Where it is written that ``lock`` is installed."""
    return ENVIRONMENT / f"{lock.stem}.installed"


def is_done(lock: Path) -> bool:
    """Whether ``lock``, as it is now, is installed in an environment that works."""
    try:
        return stamp(lock).read_text() == fingerprint(lock) and works("-c", "pass")
    except OSError:
        return False


def fingerprint(lock: Path) -> str:
    """What an installation depends on."""
    parts = [lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def works(*arguments: str) -> bool:
    """Whether the environment's Python runs that."""
    try:
        return subprocess.run([PYTHON, *arguments], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_empty() -> None:
    """An environment with nothing but pip."""
    if subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], capture_output=True, check=False).returncode == 0:
        return
    run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(ENVIRONMENT)], "python -m venv")
    with tempfile.TemporaryDirectory() as folder:
        wheels = sorted(DEBIAN_WHEELS.glob("pip-*.whl")) or fetch_wheel(Path(folder))
        run([str(PYTHON), f"{wheels[-1]}/pip", "install", "--quiet", "--no-index", str(wheels[-1])], "installing pip")


def fetch_wheel(folder: Path) -> list[Path]:
    """Debian's wheel of pip, without root and without touching the machine's packages."""
    sys.path.insert(0, str(ROOT / "src"))
    from cordboard.nodes.apt import PrivateApt, own_sources  # noqa: PLC0415 - only bare machines come here
    from cordboard.nodes.failure import StartFailed  # noqa: PLC0415 - as above

    print(f"fetching pip ({DEBIAN_PACKAGE}): this Python came without", flush=True)
    try:
        apt = PrivateApt(folder / "apt", own_sources())
        apt.update()
        deb = apt.download_one(DEBIAN_PACKAGE, folder)
    except StartFailed as failed:
        raise NotMade(f"this Python came without pip, and {failed.reason}. Install python3-venv") from failed
    run(["dpkg-deb", "-x", str(deb), str(folder / "unpacked")], "unpacking pip")
    wheels = sorted((folder / "unpacked").glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise NotMade(f"{DEBIAN_PACKAGE} has no wheel of pip. Install python3-venv")
    return wheels


def pip(*arguments: str) -> None:
    """Install something."""
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    run([str(PYTHON), "-m", "pip", "install", *options, *arguments], "pip install")


def run(command: list[str], what: str) -> None:
    """Run it; what it complains of is the reason when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        if unreachable := UNREACHABLE.search(done.stdout):
            raise NotMade(f"{what} failed: {unreachable[0]}. Check the network, and pip's proxy and index")
        complaints = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
        raise NotMade(f"{what} failed: {' '.join(complaints) or done.stdout.strip()[-500:]}")


if __name__ == "__main__":
    main()
