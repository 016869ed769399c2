"""Real programs at the other end: nginx serves our client, curl asks our example server."""

import os
import subprocess
import time

from world import LINK, OURS, PATIENCE, digest, need, octets, start

SIZE = 64 << 20

NGINX = """
daemon off;
master_process off;
user root root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 8080;
    listen [::]:8080;
    root {folder}/www;
  }}
}}
"""


def make_file(world):
    os.makedirs(world.path("www"), exist_ok=True)
    text = octets(SIZE, 7)
    with open(world.path("www/file"), "wb") as file:
        file.write(text)
    return text


def nginx(world, family):
    program = need("nginx", "nginx-light")
    text = make_file(world)
    with open(world.path("nginx.conf"), "w", encoding="ascii") as file:
        file.write(NGINX.format(folder=world.folder.name))
    # It runs as the namespace's root and keeps everything in the test's folder.
    server = start([program, "-p", world.folder.name, "-c", world.path("nginx.conf"), "-e", world.path("error.log")])
    try:
        for _ in range(100):
            if os.path.exists(world.path("nginx.pid")):
                break
            assert server.poll() is None, "nginx did not start"
            time.sleep(0.05)
        # nginx gives a client up that half-closes before it has the answer: our input ends only then.
        ours = world.connect(family, 8080)
        ours.input.write(b"GET /file HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        ours.input.flush()
        header, _, body = ours.output.read().partition(b"\r\n\r\n")
        ours.input.close()
        ours.ends(0)
        assert header.startswith(b"HTTP/1.1 200"), header
        assert digest(body) == digest(text), f"{len(body)} octets of {SIZE}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def curl(world, family):
    program = need("curl", "curl")
    text = make_file(world)
    addresses = {4: LINK[1], 6: "tun:ft0,fd00::2/64,fd00::1"}
    server = start([world.http_server, addresses[family], "80", world.path("www")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout.readline().startswith("serving")
        host = f"[{OURS[6]}]" if family == 6 else OURS[4]
        command = [program, "--silent", "--show-error", "--noproxy", "*", "--max-time", str(PATIENCE)]
        got = subprocess.run(command + [f"http://{host}/file"], capture_output=True, timeout=PATIENCE, check=True).stdout
        assert digest(got) == digest(text), f"{len(got)} octets of {SIZE}"
        missing = subprocess.run(command + ["-o", os.devnull, "-w", "%{http_code}", f"http://{host}/nothing"],
                                 capture_output=True, timeout=PATIENCE, check=True).stdout
        assert missing == b"404", missing
    finally:
        server.terminate()
        server.wait(PATIENCE)


CASES = {"nginx": nginx, "curl": curl}
