#!/usr/bin/env python3
"""Reads a compose file and checks what it refers to: mounted paths, volumes, services, the build's context.

    tests/shows/compose.py conf/compose.yaml      (needs PyYAML)
"""

import sys
from pathlib import Path

import yaml


def faults(file: Path) -> list[str]:
    content = yaml.safe_load(file.read_text())
    services, volumes, found = content["services"], content.get("volumes") or {}, []
    for name, service in services.items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            known = (file.parent / source).exists() if source.startswith((".", "/")) else source in volumes
            if not known:
                found.append(f"{name}: {source} is neither a path nor a volume")
        needed = list(service.get("depends_on", []))
        if service.get("network_mode", "").startswith("service:"):
            needed.append(service["network_mode"].removeprefix("service:"))
            if service.get("ports"):
                found.append(f"{name}: shares a network, so it cannot publish ports of its own")
        found += [f"{name}: needs {other}, which is no service" for other in needed if other not in services]
        build = service.get("build")
        if build and not (file.parent / build["context"] / build.get("dockerfile", "Dockerfile")).is_file():
            found.append(f"{name}: no Dockerfile in {build['context']}")
        if not service.get("image") and not build:
            found.append(f"{name}: neither image nor build")
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                found.append(f"{name}: port {port} is open to the network")
    return found


if __name__ == "__main__":
    problems = faults(Path(sys.argv[1]))
    print("\n".join(problems) or "      nothing missing")
    sys.exit(bool(problems))
