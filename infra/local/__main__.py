"""Deploys to an emulator on this machine, with sandbox vendors, and keeps it until it is interrupted: `make deploy-local`.

`… stop` ends one that was left running.
"""

import signal
import sys

from infra.local import vendors
from infra.local.stack import LocalStack, stop_running
from infra.sandbox.script import Config
from infra.sandbox.server import SandboxServer
from wugan.errors import WuganError


def main() -> None:
    if sys.argv[1:] == ["stop"]:
        print("stopped" if stop_running() else "nothing was running")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LocalStack(progress=print) as stack, SandboxServer(Config(vendors=stack.vendors())) as sandbox:
        stack.build()
        for name, value in stack.deploy(
            {"SandboxVendors": vendors.document(sandbox.url, desk="LX"), "SandboxIssuer": f"{sandbox.url}/issuer"}
        ).items():
            print(f"{name:20} {value}")
        sandbox.point_at(stack.public_url)
        print(f"{'Phones':20} {sandbox.url}/phones")
        print("\n".join(f"export {name}={value}" for name, value in stack.credentials.items()))
        print("Ctrl-C stops it", flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except WuganError as error:
        sys.exit(str(error))
