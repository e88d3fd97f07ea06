"""Make sure that a Chromium is there for the browser tests: Debian's package as root, else Playwright's own build.

As root also what cuts networks (tests/networks); without it those tests say why they are skipped.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")


def find() -> str | None:
    """The browser that tests/browser will use, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """Install one, without asking anybody."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


NETWORKS = {"ip": "iproute2", "iptables": "iptables", "turnserver": "coturn"}
"""Debian's packages, by the program that shows that one is there."""


def install_networks() -> None:
    """What tests/networks needs, where Debian's packages can be installed."""
    missing = [package for program, package in NETWORKS.items() if shutil.which(program) is None]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        # RUNLEVEL 1 asks Debian to start no daemon: the tests start their own.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if find() is None:
        install()
    install_networks()
