"""Builds the independent verifiers in .local/verifiers. Runs before anything is installed: standard library only.

    python3 infra/verifiers/build.py

Go's code for transparency logs comes out of the Go toolchain itself (environment `go`), Sigstore's from npm by its lock.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "infra" / "verifiers"
BUILT = ROOT / ".local" / "verifiers"
GO = BUILT / "go" / "verify"
NODE = BUILT / "node" / "verify.mjs"
OLDEST_NODE = 20
X_MOD = Path("src/cmd/vendor/golang.org/x/mod/sumdb")


def run(*command: str | Path, cwd: Path, **environment: str) -> None:
    """Run quietly; on failure show what the command said and stop."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(map(str, command))}")


def fresh(source: Path, built: Path, product: Path) -> bool:
    """Whether what was built is newer than its sources; otherwise the sources are copied for building."""
    newest = max(p.stat().st_mtime for p in source.iterdir() if p.is_file())
    if product.exists() and product.stat().st_mtime > newest:
        return True
    shutil.rmtree(built, ignore_errors=True)
    shutil.copytree(source, built, ignore=shutil.ignore_patterns("node_modules"))
    return False


def build_go() -> None:
    """The Go verifier, from Go's own packages `note` and `tlog`, without the network."""
    if fresh(SOURCES / "go", GO.parent, GO):
        return
    goroot = next((ROOT / ".local" / "venvs" / "go").glob("lib/python*/site-packages/go"))
    for package in ("note", "tlog"):
        shutil.copytree(goroot / X_MOD / package, GO.parent / "x-mod" / "sumdb" / package)
    (GO.parent / "x-mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.25\n")
    caches = {"GOCACHE": str(BUILT / "go-cache"), "GOPATH": str(BUILT / "go-path"), "GOROOT": str(goroot)}
    offline = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOENV": "off", "CGO_ENABLED": "0"}
    run(goroot / "bin" / "go", "build", "-trimpath", "-o", GO.name, ".", cwd=GO.parent, **caches, **offline)


def build_node() -> None:
    """The Node verifier with Sigstore's packages."""
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip() if node else "none"
    if shutil.which("npm") is None or node is None or int(said.lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        sys.exit(f"Node {OLDEST_NODE} or newer with npm is needed, found {said}; on Debian and Ubuntu: apt-get install nodejs npm")
    if fresh(SOURCES / "node", NODE.parent, NODE.parent / "node_modules" / ".package-lock.json"):
        return
    run("npm", "ci", "--ignore-scripts", cwd=NODE.parent)


if __name__ == "__main__":
    BUILT.mkdir(parents=True, exist_ok=True)
    build_go()
    build_node()
