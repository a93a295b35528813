"""schemathesis over the OpenAPI document of a running filter: no 5xx, no answer the document does not tell of.

    python3 tests/shows/schemathesis.py [--st PATH/TO/st] [--examples N]

Needs schemathesis (PyPI). That every route is refused without a token, and to a viewer who writes, is checked by the unit
tests, which walk the same document: here wrong tokens would only be throttled.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

# This file has the name of the package: the harness lies beside it, the package is run as a program.
sys.path.insert(0, str(Path(__file__).parent))
import harness  # noqa: E402

CHECKS = ",".join(["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
                   "response_headers_conformance", "unsupported_method"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--st", default="st")
    parser.add_argument("--examples", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        waf = harness.Filter("embedded", Path(folder), '[session]\ngap = "1s"\n')
        try:
            base = f"http://127.0.0.1:{waf.admin}"
            token = f"Authorization: Bearer {harness.TOKEN}"
            run = [arguments.st, "run", f"{base}/api/v1/openapi.json", "--url", base, "-H", token, "--checks", CHECKS,
                   "--max-examples", str(arguments.examples), "--phases", "examples,coverage,fuzzing", "--generation-database", "none",
                   "--request-timeout", "20", "--suppress-health-check", "all"]
            code = subprocess.run(run, cwd=folder, timeout=540).returncode
        finally:
            waf.stop()
    sys.exit(code)


main()
