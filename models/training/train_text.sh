#!/bin/sh
# Trains and measures the text model. Needs the release build (or PORTCULLIS_PREPARE) and the packages of
# requirements.txt. The data folder is the first argument, by default ../shared/data beside the repository.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${1:-$here/../../../shared/data}
python=${PYTHON:-python3}
cd "$here"
"$python" train_text.py --data "$data"
"$python" evaluate_text.py --data "$data"
