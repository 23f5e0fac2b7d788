"""What bench/run and its parts share: how a command is measured, the table that they print, the layers of an image."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")


def measure(*command):
    """(wall s, processor s, peak MiB) of one run."""
    answer = subprocess.run([os.path.join(BUILD, "bench", "bench-measure"), *command], check=True, capture_output=True, text=True)
    wall, cpu, peak, status = map(int, answer.stdout.split())
    if status != 0:
        sys.exit(f"bench: {' '.join(command)} ended with {status}: {answer.stderr}")
    return wall / 1e6, cpu / 1e6, peak / 1024


def in_turn(commands, runs):
    """The least of each figure over interleaved runs, after one that does not count."""
    best = {name: None for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            figures = measure(*command)
            if number > 0:
                best[name] = figures if best[name] is None else tuple(map(min, best[name], figures))
    return best


def table(title, heads, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def layers(image):
    """Paths of the layers' blobs of an OCI layout, lowest first."""
    with open(os.path.join(image, "index.json"), encoding="utf-8") as stream:
        index = json.load(stream)
    def blob(descriptor):
        return os.path.join(image, "blobs", *descriptor["digest"].split(":"))
    with open(blob(index["manifests"][0]), encoding="utf-8") as stream:
        return [blob(layer) for layer in json.load(stream)["layers"]]
