"""The other process of `harness.in_child`: one function, its time and its peak memory as the last line."""

import json
import sys
from dataclasses import asdict

from tests.bench.harness import answer

if __name__ == "__main__":
    print(json.dumps(asdict(answer(json.loads(sys.argv[1])))))
