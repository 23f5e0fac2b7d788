#!/usr/bin/env python3
"""find_tracker.py CACHE FOLDER: prints the path of the Debian security tracker's JSON, from FOLDER (debian.json,
tracker*.json, compressed or not) or from the network, kept in CACHE; prints nothing if neither has it."""
import glob
import os
import sys
import urllib.request

URL = "https://security-tracker.debian.org/tracker/data/json"
PATTERNS = ("debian.json*", "tracker*.json*", "debian/tracker*.json*", "debian/debian.json*")


def main():
    cache, folder = sys.argv[1], sys.argv[2]
    for pattern in PATTERNS if folder else ():
        found = sorted(glob.glob(os.path.join(folder, pattern)))
        if found:
            print(found[0])
            return
    kept = os.path.join(cache, "tracker.json")
    if not os.path.exists(kept):
        try:
            with urllib.request.urlopen(URL, timeout=10) as answer, open(kept + ".part", "wb") as stream:
                while block := answer.read(1 << 20):
                    stream.write(block)
            os.rename(kept + ".part", kept)
        except OSError:
            return
    print(kept)


if __name__ == "__main__":
    main()
