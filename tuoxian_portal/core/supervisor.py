"""Several processes under one Ctrl-C: what `manage.py serve` starts."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import TextIO

SOON = 5.0  # a process that dies younger than this (seconds) has a fault that a restart does not mend
PATIENCE = 8.0  # seconds to stop by itself before it is killed


class Supervisor:
    """Runs commands side by side, prefixes their lines with their name, and stops them together.

    A process that dies is started again; one that dies three times within `SOON` of its start stops
    them all. Each child leads its own process group, so that stopping it reaches its children.
    """

    def __init__(self, commands: Mapping[str, Sequence[str]], out: TextIO | None = None) -> None:
        self.commands = commands
        self.out = out or sys.stdout
        self.children: dict[str, subprocess.Popen[str]] = {}
        self.started: dict[str, float] = {}
        self.early_deaths = dict.fromkeys(commands, 0)
        self.stopping = threading.Event()
        self.width = max(len(name) for name in commands)

    def run(self, on_start: Callable[[], None] = lambda: None) -> int:
        """Blocks until a signal stops it (returns 0) or a process cannot be kept up (returns 1).

        `on_start` runs in its own thread once everything is started. Call from the main thread.
        """
        before = {
            number: signal.signal(number, self._stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            for name in self.commands:
                self._start(name)
            threading.Thread(target=on_start, daemon=True).start()
            while not self.stopping.wait(0.2):
                if not self._keep_up():
                    return 1
            return 0
        finally:
            self.say("\n正在停止……")
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def say(self, line: str, name: str = "") -> None:
        self.out.write(f"{name:<{self.width}} | {line}\n" if name else f"{line}\n")
        self.out.flush()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: no more patience
            for child in self.children.values():
                self._signal(child, signal.SIGKILL)
        self.stopping.set()

    def _start(self, name: str) -> None:
        child = subprocess.Popen(  # noqa: S603  (our own commands)
            self.commands[name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.children[name] = child
        self.started[name] = time.monotonic()
        threading.Thread(target=self._relay, args=(name, child), daemon=True).start()

    def _relay(self, name: str, child: "subprocess.Popen[str]") -> None:
        for line in child.stdout or ():
            self.say(line.rstrip("\n"), name)

    def _keep_up(self) -> bool:
        """Starts again what has died; False when that has become pointless."""
        for name, child in self.children.items():
            if child.poll() is None:
                continue
            early = time.monotonic() - self.started[name] < SOON
            self.early_deaths[name] = self.early_deaths[name] + 1 if early else 0
            if self.early_deaths[name] >= 3:
                self.say(f"{name} 连续三次启动失败，已全部停止。原因见上面以 {name} 开头的各行。")
                return False
            self.say(f"{name} 意外退出（代码 {child.returncode}），正在重新启动……")
            self._signal(child, signal.SIGKILL)  # what the dead process may have left behind
            self._start(name)
        return True

    def _stop_all(self) -> None:
        for child in self.children.values():
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
        for child in self.children.values():
            self._signal(child, signal.SIGKILL)
            child.wait()

    @staticmethod
    def _signal(child: "subprocess.Popen[str]", number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone (macOS: EPERM of zombies)
            os.killpg(child.pid, number)
