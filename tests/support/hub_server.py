"""A model hub on this machine that takes uploads, as far as huggingface_hub asks for it: small files and LFS."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "hf_only_for_this_test"


@dataclass
class Hub:
    """address: of the server. repositories: by name, whether private. files: content by path. large: LFS by hash."""

    address: str = ""
    repositories: dict[str, bool] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = f"{request['organization']}/{request['name']}" if request.get("organization") else request["name"]
        self.repositories[name] = request.get("visibility") == "private"
        return {"url": f"{self.address}/{name}"}

    def choose_way(self, request: dict[str, Any]) -> dict[str, Any]:
        ways = {True: "lfs", False: "regular"}
        return {
            "files": [
                {"path": file["path"], "uploadMode": ways[file["path"].endswith(".safetensors")], "shouldIgnore": False}
                for file in request["files"]
            ]
        }

    def offer(self, request: dict[str, Any]) -> dict[str, Any]:
        return {
            "transfer": "basic",
            "objects": [
                {**item, "actions": {"upload": {"href": f"{self.address}/lfs/{item['oid']}"}}}
                for item in request["objects"]
            ],
        }

    def commit(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.large[value["oid"]]
        [name] = self.repositories
        return {"success": True, "commitOid": "0" * 40, "commitUrl": f"{self.address}/{name}/commit/{'0' * 40}"}


@contextmanager
def start_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.reply(401, {"error": "Invalid username or password."})
            elif self.path == "/api/repos/create":
                self.reply(200, hub.create(json.loads(body)))
            elif self.path == "/api/validate-yaml":
                self.reply(200, {"errors": [], "warnings": []})
            elif "/preupload/" in self.path:
                self.reply(200, hub.choose_way(json.loads(body)))
            elif self.path.endswith("/info/lfs/objects/batch"):
                self.reply(200, hub.offer(json.loads(body)))
            elif "/commit/" in self.path:
                self.reply(200, hub.commit([json.loads(line) for line in body.splitlines()]))
            else:
                self.reply(404, {"error": self.path})

        def do_PUT(self) -> None:
            hub.large[self.path.rpartition("/")[2]] = self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(200, {})

        def do_GET(self) -> None:
            self.reply(404, {"error": self.path})

        def reply(self, status: int, value: dict[str, Any]) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
