#!/usr/bin/env bash
# Runs once, while Gradescope builds the image: the kit gets an environment of its own.
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update
for version in 3.13 3.12 3.11; do # the newest that Ubuntu's release has
    apt-get install -y "python$version" "python$version-venv" && break
done
"python$version" -m venv .venv
.venv/bin/pip install "$(grep '^torch==' constraints.txt)" --index-url https://download.pytorch.org/whl/cpu
.venv/bin/pip install -c constraints.txt -e .
