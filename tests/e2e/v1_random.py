"""Seeded sequences of operations against the service and the model (v1_model.py), step by step; what they differ in is
reduced to a short sequence. `LIMPID_SEED=N v1_conformance_test.py …` replays one."""
import difflib
import json
import random
import time

from layers_v1 import Blob, layer
from service import fix, quote
from v1_model import SEVERITIES, Model, canonical

OPERATIONS = 80
SHRINK_SECONDS = 20
DEBIAN, ALPINE = ("debian:8", "debian:9"), ("alpine:v3.19",)
DEBIAN_VERSIONS = ("1.0", "1.0-1", "1:0.9", "2.0~rc1", "2.0", "10", "2.0+b1")
ALPINE_VERSIONS = ("1.0-r0", "1.2-r3", "1.10-r0", "2.0-r1")


def make(seed):
    """Operations as (method name, arguments): numbers and texts only, so that they can be printed and cut down."""
    chance = random.Random(seed)
    # A chain is of one family: what a child with packages of another kind means is another test's matter.
    layers = {"debian": [f"d{n}" for n in range(9)], "alpine": [f"a{n}" for n in range(4)]}
    spaces = {"debian": DEBIAN, "alpine": ALPINE}
    versions = {"debian": DEBIAN_VERSIONS, "alpine": ALPINE_VERSIONS}

    def blob(family):
        kind = chance.random()
        if kind < 0.06:
            return [None, [], "missing"]
        if kind < 0.12:
            return [None, [], "broken"]
        release = chance.choice([None, *spaces[family], *spaces[family]])
        packages = [[f"p{n}", chance.choice(versions[family])] for n in range(6) if chance.random() < 0.5] if chance.random() < 0.75 else []
        return [release, packages if release or family == "debian" else [], None]

    def flaw(family=None):
        family = family or chance.choice(("debian", "debian", "alpine"))
        return chance.choice(spaces[family]), f"v{chance.randrange(4)}"

    def fixes(name_space):
        family = name_space.split(":")[0]
        return {f"p{n}": chance.choice(["None", *versions[family]]) for n in range(6) if chance.random() < 0.35}

    def details():
        more = {"description": chance.choice(("", "", "one", "two <&>")), "link": chance.choice(("", "https://example.org/x"))}
        return {**more, "metadata": chance.choice((None, None, {"NVD": {"CVSSv2": {"Score": 7.5, "Vectors": "AV:N"}}}))}

    def operation():
        family = chance.choice(("debian", "debian", "debian", "alpine"))
        kind = chance.choices(("post_layer", "get_layer", "delete_layer", "post_vulnerability", "put_vulnerability", "delete_vulnerability",
                               "get_vulnerability", "list_vulnerabilities", "get_fixes", "put_fix", "delete_fix"),
                              (30, 22, 3, 14, 5, 3, 6, 3, 3, 6, 4))[0]
        space, name = flaw()
        if kind == "post_layer":
            return kind, [chance.choice(layers[family]), chance.choice(["", *layers[family]]), blob(family)]
        if kind == "get_layer":
            return kind, [chance.choice(layers[family]), chance.choice(("", "features", "vulnerabilities", "vulnerabilities"))]
        if kind == "delete_layer":
            return kind, [chance.choice(layers[family])]
        if kind == "post_vulnerability":
            return kind, [space, name, chance.choice(SEVERITIES), fixes(space), details()]
        if kind == "put_vulnerability":
            return kind, [space, name, chance.choice(SEVERITIES), details()]
        if kind == "get_vulnerability":
            return kind, [space, name, chance.random() < 0.5]
        if kind == "list_vulnerabilities":
            return kind, [space, chance.randrange(1, 4)]
        if kind == "put_fix":
            return kind, [space, name, f"p{chance.randrange(6)}", chance.choice(["None", *versions[space.split(':')[0]]])]
        if kind == "delete_fix":
            return kind, [space, name, f"p{chance.randrange(6)}"]
        return kind, [space, name]

    return [operation() for _ in range(OPERATIONS)]


class Run:
    """One replay, under names that nobody else uses."""

    def __init__(self, case):
        self.case, self.client, self.model, self.prefix = case, case.client, Model(), case.unique("run")

    def name(self, text):
        return f"{self.prefix}-{text}" if text else ""

    def differ(self, got, wanted):
        """None, or both sides as text."""
        got, wanted = canonical(got), canonical(wanted)
        if got == wanted:
            return None
        lines = lambda value: json.dumps(value, indent=1).splitlines()
        return "\n".join(difflib.unified_diff(lines(wanted), lines(got), "the model", "the service", lineterm=""))

    def compare(self, answer, expected, empty=False):
        status, content = expected
        if answer.status != status:
            return f"{answer.wanted}: the model says {status} {content}, the service {answer}"
        if status >= 400:
            ours, theirs = str(content).rsplit(": ", 1)[-1], answer.message.rsplit(": ", 1)[-1]
            return None if ours == theirs else f"{answer.wanted}: the model says {content!r}, the service {answer.message!r}"
        if content == "":
            return None if answer.raw == b"" or not empty else f"{answer.wanted}: a body: {answer}"
        return None if content is None else self.differ(answer.json, content)

    def step(self, kind, arguments):
        return getattr(self, kind)(*arguments)

    def post_layer(self, name, parent, blob):
        release, packages, problem = blob
        packages = [(self.name(package), version) for package, version in packages]
        made = layer(release, packages) if not problem else Blob(b"no archive" * 100, problem=problem)
        url = self.case.blobs.missing() if problem == "missing" else self.case.blobs.put(made.data)
        answer = self.client.post_layer(self.name(name), url, self.name(parent))
        return self.compare(answer, self.model.post_layer(self.name(name), self.name(parent), made))

    def get_layer(self, name, query):
        expected = self.model.get_layer(self.name(name), query == "features", query == "vulnerabilities")
        return self.compare(self.client.layer(self.name(name), query), expected)

    def delete_layer(self, name):
        return self.compare(self.client.delete("/v1/layers/" + self.name(name)), self.model.delete_layer(self.name(name)), empty=True)

    def _target(self, space, name):
        return f"/v1/namespaces/{quote(space)}/vulnerabilities/{self.name(name)}"

    def post_vulnerability(self, space, name, severity, fixes, details):
        fixes = {self.name(package): version for package, version in fixes.items()}
        body = {name.capitalize(): value for name, value in details.items() if value}
        answer = self.client.post_vulnerability(space, self.name(name), [(of, None if v == "None" else v) for of, v in fixes.items()], severity, **body)
        return self.compare(answer, self.model.post_vulnerability(space, self.name(name), severity, fixes, **details))

    def put_vulnerability(self, space, name, severity, details):
        body = {"Severity": severity, **{name.capitalize(): value for name, value in details.items() if value}}
        return self.compare(self.client.put(self._target(space, name), {"Vulnerability": body}),
                            self.model.put_vulnerability(space, self.name(name), severity, **details))

    def delete_vulnerability(self, space, name):
        return self.compare(self.client.delete(self._target(space, name)), self.model.delete_vulnerability(space, self.name(name)), empty=True)

    def get_vulnerability(self, space, name, fixed_in):
        answer = self.client.get(self._target(space, name) + ("?fixedIn" if fixed_in else ""))
        return self.compare(answer, self.model.get_vulnerability(space, self.name(name), fixed_in))

    def list_vulnerabilities(self, space, limit):
        status, expected = self.model.list_vulnerabilities(space)
        if status != 200:
            return None  # others may have used that namespace
        listed = []
        pages = self.client.pages(f"/v1/namespaces/{quote(space)}/vulnerabilities", limit * 20)
        for page in pages:
            if page.status != 200:
                return f"{page.wanted}: {page}"
            listed += page.json["Vulnerabilities"] or []
        names = [one["Name"] for one in listed]
        if len(set(names)) != len(names):
            return f"a list of {space} has something twice: {sorted(names)}"
        return self.differ({"Vulnerabilities": [one for one in listed if one["Name"].startswith(self.prefix + "-")]}, expected)

    def get_fixes(self, space, name):
        return self.compare(self.client.get(self._target(space, name) + "/fixes"), self.model.get_fixes(space, self.name(name)))

    def put_fix(self, space, name, package, version):
        body = {"Feature": fix(space, self.name(package), None if version == "None" else version)}
        return self.compare(self.client.put(f"{self._target(space, name)}/fixes/{self.name(package)}", body),
                            self.model.put_fix(space, self.name(name), self.name(package), version))

    def delete_fix(self, space, name, package):
        return self.compare(self.client.delete(f"{self._target(space, name)}/fixes/{self.name(package)}"),
                            self.model.delete_fix(space, self.name(name), self.name(package)), empty=True)

    def finish(self):
        """Everything once more, and the notifications."""
        for name in self.model.layers:
            if problem := self.compare(self.client.layer(name), self.model.get_layer(name, vulnerabilities=True)):
                return f"at the end: {problem}"
        for space, name in self.model.vulnerabilities:
            if problem := self.compare(self.client.vulnerability(space, name), self.model.get_vulnerability(space, name, True)):
                return f"at the end: {problem}"
        return self.notifications()

    def notifications(self):
        expected = {}
        for old, new in self.model.notifications:
            expected.setdefault((old or new).name, []).append(canonical(self.model.notification_json(old, new)))
        for name, wanted in expected.items():
            try:
                self.case.wait_for_notifications(name, len(wanted), 15)
            except AssertionError as error:
                return f"notifications of {name}: the model says {len(wanted)}, the service delivered {len(self.case.notifications_of(name))} ({error})"
            got = [self.case.whole_notification(one, 2) for one in self.case.notifications_of(name)]
            if problem := self.differ(sorted(got, key=repr), sorted(wanted, key=repr)):
                return f"notifications of {name}: {problem}"
        return None


def replay(case, operations):
    """None, or (how many operations were needed, what then differed)."""
    run = Run(case)
    for at, (kind, arguments) in enumerate(operations):
        if problem := run.step(kind, arguments):
            return at + 1, problem
    problem = run.finish()
    return (len(operations), problem) if problem else None


def check(case, seed):
    operations = make(seed)
    failure = replay(case, operations)
    if failure is None:
        return
    operations, end = operations[:failure[0]], time.monotonic() + SHRINK_SECONDS
    piece = max(1, len(operations) // 2)
    while piece and time.monotonic() < end:
        at = 0
        while at < len(operations) and time.monotonic() < end:
            shorter = operations[:at] + operations[at + piece:]
            again = replay(case, shorter) if shorter else None
            if again is None:
                at += piece
            else:
                operations, failure = shorter[:again[0]], again
        piece //= 2
    steps = "\n".join(f"  {kind}{tuple(arguments)}" for kind, arguments in operations)
    case.fail(f"the service and the model differ (LIMPID_SEED={seed} replays all of it; reduced to {len(operations)} operations):\n{steps}\n{failure[1]}")
