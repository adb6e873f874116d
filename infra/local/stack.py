"""The deployment on one machine: an AWS emulator on the loopback, and the same `sam build` and `sam deploy` as for AWS."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from infra.local import vendors
from infra.local.environments import ROOT, VENVS, python_of
from infra.sandbox.vendors.settings import Accounts
from wugan.aws.clients import client_at
from wugan.aws.outputs import stack_outputs
from wugan.errors import WuganError

REGION = "ap-southeast-1"
STAGE = "rehearsal"
STACK = f"wugan-{STAGE}"
API_ID = "wugan"
FUNCTIONS_AT_ONCE = 8  # more are slower on two cores: each is a process
STEPS_AT_ONCE = 4  # of one kind that the case machine calls: a burst of cases starts that many processes, and leaves room for people
START_SECONDS = 30
STOP_SECONDS = 1  # it has nothing to save
# Whoever plays people acts on each case's own message as soon as it comes. What a plan holds back is tried out in tests/flow.
AT_ONCE = {"QuietHours": "00:00-00:00", "MessageCaps": "99/1d", "BehaviourModel": "off"}
FOLDER = ROOT / ".local" / "stack"
STATE = "running.json"
LAYERS = ROOT / ".local" / "layers"
CACHE_TAG = str(sys.implementation.cache_tag)

Progress = Callable[[str], None]


class LocalStackFailed(WuganError):
    """The emulator did not start, or a SAM command failed; the detail names the log or carries what SAM said."""

    code = "local_stack_failed"


def quiet(_: str) -> None:
    """A progress callback that says nothing."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def with_uv() -> str:
    """The PATH with the project's own uv first."""
    return f"{VENVS / 'uv' / 'bin'}{os.pathsep}{os.environ['PATH']}"


def shared_layer(name: str, target: str, environment: Mapping[str, str]) -> Path:
    """A layer's content as on AWS, made once for all workers here and named by its sources. Raises LocalStackFailed."""
    source = ROOT / "layers" / name
    digest = hashlib.sha256(CACHE_TAG.encode())
    for path in sorted(p for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(f"{path.relative_to(source)} {path.stat().st_size} ".encode() + path.read_bytes())
    made = LAYERS / f"{name}-{digest.hexdigest()[:12]}"
    if made.exists():
        return made
    LAYERS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LAYERS) as scratch:
        settings = {**os.environ, "PATH": with_uv(), "ARTIFACTS_DIR": f"{scratch}/made", **environment}
        done = subprocess.run(["make", "--silent", target], cwd=source, env=settings, capture_output=True, text=True)
        if done.returncode:
            raise LocalStackFailed(f"the layer {name} could not be made:\n{done.stderr.strip()}", field=name)
        try:
            Path(scratch, "made").rename(made)
        except OSError:
            if not made.exists():  # else another process made it meanwhile
                raise
    return made


@dataclass
class LocalStack:
    """An emulator with the system deployed to it. As a context manager it starts on entry and leaves nothing on exit.

    `auth` makes the emulator enforce the IAM policies of the functions' roles.
    """

    folder: Path = FOLDER
    port: int = 0
    auth: bool = True
    progress: Progress = quiet
    sandbox_key: str = field(default_factory=lambda: secrets.token_hex(11))  # 22 characters, as the template asks
    outputs: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """Where the emulator listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        """Where the REST API answers once deployed, without a slash at the end."""
        return f"{self.endpoint}/restapis/{API_ID}/{STAGE}/_user_request_"

    def vendors(self) -> Accounts:
        """The accounts that the sandbox's vendors must know for this stack."""
        return vendors.accounts(self.sandbox_key, self.endpoint)

    @property
    def log(self) -> Path:
        """What the emulator and the functions' workers say."""
        return self.folder / "emulator.log"

    @property
    def credentials(self) -> dict[str, str]:
        """The environment with which an SDK or SAM speaks to the emulator as its administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self) -> None:
        """Start the emulator and wait until it answers. Raises LocalStackFailed."""
        self.progress("starting the emulator")
        stop_running(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        scratch = self.folder / "tmp"
        scratch.mkdir(parents=True)
        self.port = self.port or free_port()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [python_of("ministack").with_name("ministack")],
                cwd=self.folder,
                env=self._emulator_environment(scratch),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.folder / STATE).write_text(json.dumps({"pid": self._process.pid, "port": self.port}))
        self._wait_until_healthy()

    def build(self) -> None:
        """`sam build`; what did not change comes from the cache. Raises LocalStackFailed."""
        self.progress("building the functions and layers")
        python = str(python_of("ministack"))
        shared = {
            "WUGAN_DEPS_SHARED": str(shared_layer("deps", "build-DepsLayer", {"WUGAN_DEPS_PYTHON": python})),
            "WUGAN_LAYER_SHARED": str(shared_layer("wugan", "build-WuganLayer", {"WUGAN_LAYER_PYTHON": python})),
        }
        cache = ROOT / ".local" / "sam" / f"cache-{CACHE_TAG}"
        self._sam("build", "--cached", "--build-dir", self._built.parent, "--cache-dir", cache, environment=shared)

    def deploy(self, parameters: Mapping[str, str] | None = None) -> dict[str, str]:
        """`sam deploy` with these parameters over the local ones; returns the stack's outputs. Raises LocalStackFailed."""
        self.progress("deploying")
        chosen = {
            "Stage": STAGE,
            "PublicUrl": self.public_url,
            "SandboxKey": self.sandbox_key,
            "Tracing": "PassThrough",
            **AT_ONCE,
            **(parameters or {}),
        }
        self._sam(
            "deploy",
            "--template-file", self._built,
            "--config-file", ROOT / "samconfig.toml",
            "--stack-name", STACK,
            "--tags", f"ms-custom-id={API_ID}",
            "--parameter-overrides", *(f"{name}={quoted(value)}" for name, value in chosen.items()),
        )  # fmt: skip
        self.outputs = stack_outputs(STACK, self._client("cloudformation"))
        functions = self._client("lambda")
        for name in self._steps():
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=STEPS_AT_ONCE)
        return self.outputs

    def _steps(self) -> list[str]:
        """The functions that the case machine calls."""
        called = set(re.findall(r"\$\{(\w+)FunctionArn\}", (ROOT / "statemachines" / "case.asl.json").read_text(encoding="utf-8")))
        return [f"wugan-{STAGE}-{verb}" for verb in sorted(re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower() for name in called)]

    def _client(self, service: str) -> Any:
        return client_at(self.endpoint, service, REGION, "test", "test")

    def stop(self) -> None:
        """End the emulator and all workers it started, and remove what they wrote but the log. Does nothing when it does not run."""
        if self._process is None:
            return
        self.progress("stopping the emulator")
        end_group(self._process.pid)
        self._process.wait()
        self._process = None
        (self.folder / STATE).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    @property
    def _built(self) -> Path:
        return ROOT / ".local" / "sam" / "build" / "template.yaml"

    def _emulator_environment(self, scratch: Path) -> dict[str, str]:
        """Nothing of the caller's AWS settings reaches the emulator or the functions in it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WUGAN_", "PYTHON"))}
        return {
            **inherited,
            "AUTH": "true" if self.auth else "false",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "LAMBDA_ACCOUNT_CONCURRENCY": str(FUNCTIONS_AT_ONCE),
            "SFN_WAIT_SCALE": "0.05",  # of the pauses between tries, which are made for a cloud and not for two cores
            "LOG_LEVEL": "INFO",
            "TMPDIR": str(scratch),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def _wait_until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1):
                return
            time.sleep(0.1)
        self.stop()
        raise LocalStackFailed(f"the emulator did not start; see {self.log}")

    def _sam(self, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> str:
        """One SAM command; returns what it printed. Raises LocalStackFailed with its last lines."""
        settings = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))},
            **self.credentials,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",
            "PATH": with_uv(),
            **(environment or {}),
        }
        command = [VENVS / "sam" / "bin" / "sam", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip() and "Uploading to" not in line]
            raise LocalStackFailed("\n".join([f"sam {arguments[0]} failed:", *said[-20:], *self._emulator_errors()]))
        return done.stdout

    def _emulator_errors(self) -> list[str]:
        return [line for line in self.log.read_text(errors="replace").splitlines() if " ERROR " in line][-5:]


def quoted(value: str) -> str:
    """A parameter's value as SAM reads it: quoted where it has quotes or blanks."""
    plain = not re.search(r"[\s\"\\]", value)
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stop_running(folder: Path = FOLDER) -> bool:
    """End an emulator that an earlier process left running; False when there is none."""
    state = folder / STATE
    if not state.exists():
        return False
    pid = json.loads(state.read_text())["pid"]
    named = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout
    if "ministack" in named:  # after a crash or a restart the number may be somebody else's
        end_group(pid)
    state.unlink()
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    return True


def end_group(pid: int) -> None:
    """Ask a process group that we started to end; insist after a while. A group that is gone is a success."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            os.killpg(pid, 0)
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
