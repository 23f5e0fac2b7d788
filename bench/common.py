"""What bench/run and its parts share: the table that they print, and the layers of an image."""
import json
import os


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
