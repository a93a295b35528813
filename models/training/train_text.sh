#!/bin/sh
# Trains and measures the text model. Needs the release build (or PORTCULLIS_PREPARE) and the packages of
# requirements.txt. The data folder is the first argument, by default ../shared/data beside the repository.
# Requests of real applications are read where capture/capture.py left them; without them the model is trained on less.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
given=${1:-$here/../../../shared/data}
data=$(cd "$given" 2>/dev/null && pwd) || { echo "no training data in $given: name the folder, see models/README.md" >&2; exit 1; }
python=${PYTHON:-python3}
captures=${CAPTURES:-${TMPDIR:-/tmp}/portcullis-training/captures}
[ -d "$captures" ] || echo "no captures of applications in $captures: see models/training/capture/README.md" >&2
# Large tensors come and go by the thousand: memory given back to the kernel each time costs a seventh of the time.
export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456
cd "$here"
"$python" train_text.py --data "$data" --captures "$captures"
"$python" evaluate_text.py --data "$data" --captures "$captures"
