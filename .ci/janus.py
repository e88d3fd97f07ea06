"""Install Debian's Janus for `make bench-media`, where that can be done; without it the benchmark says so."""

import os
import shutil
import subprocess

if __name__ == "__main__" and shutil.which("janus") is None and shutil.which("apt-get") and os.geteuid() == 0:
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "janus"]
    # RUNLEVEL 1 asks Debian to start no daemon: the benchmark starts its own.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
