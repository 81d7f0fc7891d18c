"""Builds the programs, starts the simulated cameras, writes the configuration."""

import json
import select
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import processes
from place import CAMERAS_LOG, CONFIG, ROOT, SITE, cameras_table, configuration, shown
from telling import expect

FOOTAGE_PATIENCE = 600


def empty_site():
    """Away with what the last demo left."""
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.mkdir(parents=True)


def build():
    """The programs by name; cargo itself says where it put them."""
    processes.find_cargo()
    command = ["cargo", "build", "--locked", "--workspace", "--bins",
               "--message-format", "json-render-diagnostics"]
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    done = subprocess.run(command + quiet, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    expect(done.returncode == 0, "cargo could not build it")
    made = (json.loads(line) for line in done.stdout.splitlines())
    return {Path(m["executable"]).name: m["executable"] for m in made if m.get("executable")}


def start_cameras(fixtures, control):
    """Their URLs by id. The first time, their footage is encoded."""
    (SITE / "cameras.toml").write_text(cameras_table())
    with open(CAMERAS_LOG, "w") as log:
        child = processes.start(
            [fixtures, "serve", "--cameras", SITE / "cameras.toml", "--port", "0",
             "--control", control, "--until-stdin-ends"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log, text=True, env=processes.clean_environment())
    told, _, _ = select.select([child.stdout], [], [], FOOTAGE_PATIENCE)
    line = child.stdout.readline() if told else ""
    expect(line, f"the simulated cameras did not start; see {shown(CAMERAS_LOG)}")
    return {camera["camera"]: camera["url"] for camera in json.loads(line)["cameras"]}


def configure(urls):
    """Writes the configuration; where the recorder answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    CONFIG.write_text(configuration(urls, address))
    return address
