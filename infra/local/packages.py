"""Sees to Debian packages that a test needs: installs them when root, otherwise says the exact command and fails. Standard library only.

python3 infra/local/packages.py chromium fonts-noto-cjk
"""

import os
import shutil
import subprocess
import sys


def installed(package: str) -> bool:
    """Whether dpkg has the package installed."""
    asked = subprocess.run(["dpkg-query", "--show", "--showformat=${Status}", package], capture_output=True, text=True)
    return asked.returncode == 0 and "ok installed" in asked.stdout


def main(packages: list[str]) -> None:
    if shutil.which("dpkg-query") is None:
        sys.exit(f"this is no Debian or Ubuntu: install what these are called here, then call make again: {' '.join(packages)}")
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        sys.exit(f"Debian packages are missing; call: sudo {' '.join(command)}")
    print(f"installing {' '.join(missing)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        done = subprocess.run(step, env=quiet, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}\nfailed: {' '.join(step)}")


if __name__ == "__main__":
    main(sys.argv[1:])
