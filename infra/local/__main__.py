"""Deploys to an emulator on this machine and keeps it until it is interrupted: `make deploy-local`, or `… stop` for one left running."""

import signal
import sys

from infra.local.stack import LocalStack, stop_running
from wugan.errors import WuganError


def main() -> None:
    if sys.argv[1:] == ["stop"]:
        print("stopped" if stop_running() else "nothing was running")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with LocalStack(progress=print) as stack:
        stack.build()
        for name, value in stack.deploy().items():
            print(f"{name:20} {value}")
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
