"""Makes the virtual environments under .local/venvs from the locks. Runs before anything is installed: standard library only.

    python3 infra/local/environments.py dev ministack sam

An environment is made anew only when its lock or this machine's Python changed.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENVS = ROOT / ".local" / "venvs"
LOCKS = {
    "uv": ROOT / "requirements" / "uv.txt",
    "dev": ROOT / "requirements" / "dev.txt",
    "bench": ROOT / "requirements" / "bench.txt",
    "ministack": ROOT / "requirements" / "ministack.txt",
    "sam": ROOT / "requirements" / "sam.txt",
    "checkov": ROOT / "requirements" / "checkov.txt",
    "go": ROOT / "requirements" / "go.txt",
}
# The interpreter itself, also when it was called through an environment: within an activated one nothing is made anew.
INTERPRETER = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
WITH_PROJECT = {"dev", "bench"}  # the project itself is installed there too


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return VENVS / name / "bin" / "python"


def fingerprint(name: str) -> str:
    """What an environment was made from: its lock, the interpreter, and where the project is installed its own metadata."""
    digest = hashlib.sha256(LOCKS[name].read_bytes())
    digest.update(f"{sys.version} {INTERPRETER}".encode())
    if name in WITH_PROJECT:
        digest.update((ROOT / "pyproject.toml").read_bytes())
    return digest.hexdigest()


def run(*command: str | Path) -> None:
    """Run quietly; on failure show what the command said and stop."""
    environment = {**os.environ, "UV_NO_CONFIG": "1", "UV_NO_PROGRESS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nset-up failed at: {' '.join(map(str, command))}")


def make_uv() -> None:
    venv.create(VENVS / "uv", with_pip=True, clear=True)
    run(python_of("uv"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCKS["uv"])


def make(name: str) -> None:
    """One environment from its lock, by uv."""
    uv = VENVS / "uv" / "bin" / "uv"
    run(uv, "venv", "--quiet", "--clear", "--python", INTERPRETER, VENVS / name)
    run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python_of(name), LOCKS[name])
    if name in WITH_PROJECT:
        run(uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", python_of(name), "--editable", ROOT)


def ensure(name: str) -> None:
    """Make an environment unless the one that stands was made from the same things."""
    stamp = VENVS / f"{name}.made-from"
    if python_of(name).exists() and stamp.exists() and stamp.read_text() == fingerprint(name):
        return
    print(f"setting up .local/venvs/{name} …", flush=True)
    stamp.unlink(missing_ok=True)
    make_uv() if name == "uv" else make(name)
    stamp.write_text(fingerprint(name))


def check_prerequisites() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this one file may be run by an older one
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: call `make PYTHON=python3.11 …`")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit("Python's venv module is incomplete here; on Debian and Ubuntu: apt-get install python3-venv")


def main(names: list[str]) -> None:
    unknown = set(names) - set(LOCKS)
    if unknown:
        sys.exit(f"no such environment: {', '.join(sorted(unknown))}; there are: {', '.join(LOCKS)}")
    check_prerequisites()
    VENVS.mkdir(parents=True, exist_ok=True)
    for name in ["uv", *names]:
        ensure(name)


if __name__ == "__main__":
    main(sys.argv[1:])
