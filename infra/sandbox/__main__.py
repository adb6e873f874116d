"""`python -m infra.sandbox`: run the sandbox vendors until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from threading import Event

from pydantic import ValidationError

from infra.sandbox.outbox import on_this_machine
from infra.sandbox.script import Config
from infra.sandbox.server import SandboxServer


def main() -> int:
    """Print one JSON line `{"url", "pid"}` when ready; exit code 0 after a stop, 2 for wrong usage."""
    options = _options()
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with SandboxServer(options.config, port=options.port, target=options.target, state_dir=options.state_dir) as server:
        print(json.dumps(server.announce()), flush=True)
        stopped.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox", description="Vendors that answer like the real ones, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--target", type=_target, help="whose /callbacks/… are called; may be set later by POST /_sandbox/target")
    parser.add_argument("--config", type=_config, default=Config(), help="JSON file: seed, secrets, delays, chances, retry, rules")
    parser.add_argument("--state-dir", type=Path, help="where sandbox.json and records.json are left")
    return parser.parse_args()


def _target(url: str) -> str:
    if not on_this_machine(url):
        raise argparse.ArgumentTypeError("the target must be a URL on this machine")
    return url


def _config(path: str) -> Config:
    try:
        return Config.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise argparse.ArgumentTypeError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


if __name__ == "__main__":
    sys.exit(main())
