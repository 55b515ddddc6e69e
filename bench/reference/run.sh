#!/usr/bin/env bash
# Makes all golden files anew with Python, numpy, transformers, TRL, Pillow and Arrow, then runs the tests that compare with them.
# The environment lives outside the repository and is made once; SPATIAL_LADDER_REFERENCE names another
# folder for it, SPATIAL_LADDER_REFERENCE_PYTHON a Python that already has the packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

python="${SPATIAL_LADDER_REFERENCE_PYTHON:-}"
if [ -z "$python" ]; then
  home="${SPATIAL_LADDER_REFERENCE:-${XDG_CACHE_HOME:-$HOME/.cache}/spatial-ladder/reference}"
  python="$home/bin/python"
  if ! cmp -s bench/reference/requirements.txt "$home/requirements.txt"; then
    echo "reference environment: installing into $home (about 1.5 GB, some minutes)" >&2
    python3 -m venv "$home"
    "$python" -m pip install --quiet --requirement bench/reference/requirements.txt
    cp bench/reference/requirements.txt "$home/requirements.txt"
  fi
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
export PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error TQDM_DISABLE=1

"$python" bench/reference/python_golden.py
"$python" bench/reference/resize_golden.py
"$python" bench/reference/parquet_golden.py
"$python" bench/reference/processor_golden.py
npx tsx bench/reference/write-strings.ts "$folder"
"$python" bench/reference/tokenizer_golden.py "$folder"
"$python" bench/reference/tiny_checkpoint.py
npx tsx bench/reference/write-safetensors.ts
"$python" bench/reference/scannet_fixture.py
"$python" bench/reference/torch_golden.py
"$python" bench/reference/grpo_golden.py
npx tsx bench/reference/write-folder.ts "$folder"
"$python" bench/reference/folder_golden.py "$folder"

SPATIAL_LADDER_REFERENCE_PYTHON="$python" npx vitest run src/scoring src/images src/evaluation/data src/torch \
  src/vision-language src/training/grpo-reference.test.ts src/training/tensorboard.test.ts src/scene/scannet src/cli/data-export.test.ts
