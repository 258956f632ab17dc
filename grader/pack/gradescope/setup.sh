#!/usr/bin/env bash
# Runs once, while Gradescope builds the image: the kit gets an environment of its own.
set -euo pipefail
cd "$(dirname "$0")"
python=$(command -v python3.13 || command -v python3.12 || command -v python3.11 || true)
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y python3.12 python3.12-venv || apt-get install -y python3.11 python3.11-venv
    python=$(command -v python3.12 || command -v python3.11)
fi
"$python" -m venv .venv
.venv/bin/pip install "$(grep '^torch==' constraints.txt)" --index-url https://download.pytorch.org/whl/cpu
.venv/bin/pip install -c constraints.txt -e .
