#!/bin/sh
# Trains and measures the text model. Needs the release build (or PORTCULLIS_PREPARE) and the packages of
# requirements.txt. The data folder is the first argument, by default ../shared/data beside the repository.
# Requests of real applications are read where capture/capture.py left them; without them the model is trained on less.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${1:-$here/../../../shared/data}
python=${PYTHON:-python3}
captures=${CAPTURES:-${TMPDIR:-/tmp}/portcullis-training/captures}
[ -d "$captures" ] || echo "no captures of applications in $captures: see models/training/capture/README.md" >&2
# Threads that wait by spinning take the core that another would work on.
export OMP_WAIT_POLICY=PASSIVE
cd "$here"
"$python" train_text.py --data "$data" --captures "$captures"
"$python" evaluate_text.py --data "$data" --captures "$captures"
