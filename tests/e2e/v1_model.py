"""What a server of the Clair v1 API must answer, said as simply as possible: everything in dictionaries, every question
answered by walking all of them. No paging, no speed, no faults; times and names of notifications are not its matter.

Of each request it gives (status, what the answer must hold): the error's text for an error, else the JSON; None where
nothing is said about the text."""
import collections
import re

from service import ENGINE_LEAST, TEXT_NO_LAYER, TEXT_NO_PARENT, TEXT_NOT_FOUND, TEXT_UNSUPPORTED

SEVERITIES = ("Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1")
RPM_FAMILIES = ("rhel", "centos", "fedora", "amzn", "scientific", "ol", "oracle")
NO_FIX = "None"


def version_format(name_space):
    return "rpm" if name_space.split(":")[0] in RPM_FAMILIES else "dpkg"


def compare_dpkg(a, b):
    """-1, 0 or 1, by the words of deb-version(7)."""
    def parts(version):
        epoch, _, rest = version.partition(":") if ":" in version else ("0", "", version)
        upstream, dash, revision = rest.rpartition("-")
        return int(epoch), (upstream if dash else rest), (revision if dash else "0")

    def order(character):
        return -1 if character == "~" else 0 if character == "" else ord(character) if character.isalpha() else ord(character) + 256

    def compare(x, y):
        while x or y:
            letters_x, letters_y = re.match(r"\D*", x)[0], re.match(r"\D*", y)[0]
            for at in range(max(len(letters_x), len(letters_y))):
                difference = order(letters_x[at:at + 1]) - order(letters_y[at:at + 1])
                if difference:
                    return 1 if difference > 0 else -1
            x, y = x[len(letters_x):], y[len(letters_y):]
            digits_x, digits_y = re.match(r"\d*", x)[0], re.match(r"\d*", y)[0]
            difference = int(digits_x or 0) - int(digits_y or 0)
            if difference:
                return 1 if difference > 0 else -1
            x, y = x[len(digits_x):], y[len(digits_y):]
        return 0

    (epoch_a, upstream_a, revision_a), (epoch_b, upstream_b, revision_b) = parts(a), parts(b)
    if epoch_a != epoch_b:
        return 1 if epoch_a > epoch_b else -1
    return compare(upstream_a, upstream_b) or compare(revision_a, revision_b)


def lower(installed, fixed):
    return fixed == NO_FIX or compare_dpkg(installed, fixed) < 0


Feature = collections.namedtuple("Feature", "name_space name version")


class Layer:
    def __init__(self, number, name, parent, name_space):
        self.number, self.name, self.parent, self.name_space = number, name, parent, name_space
        self.features = {}  # Feature → name of the layer that added it, of the whole chain
        self.added = set()  # what this layer alone added


class Vulnerability:
    """One revision; never changed, but replaced."""

    def __init__(self, name_space, name, severity, description="", link="", metadata=None, fixed_in=None):
        self.name_space, self.name, self.severity = name_space, name, severity
        self.description, self.link, self.metadata = description, link, metadata
        self.fixed_in = dict(fixed_in or {})  # feature name → version or "None"

    def same(self, other):
        return vars(self) == vars(other)

    def affects(self, feature):
        fixed = self.fixed_in.get(feature.name)
        return fixed is not None and feature.name_space == self.name_space and lower(feature.version, fixed)

    def fixes(self):
        return [{"Name": name, "NamespaceName": self.name_space, "VersionFormat": version_format(self.name_space), "Version": version}
                for name, version in sorted(self.fixed_in.items())]

    def json(self, fixed_in=False, fixed_by=None):
        return compact({"Name": self.name, "NamespaceName": self.name_space, "Description": self.description, "Link": self.link,
                        "Severity": self.severity, "Metadata": self.metadata, "FixedBy": None if fixed_by == NO_FIX else fixed_by,
                        "FixedIn": self.fixes() if fixed_in else None})


class Model:
    def __init__(self):
        self.layers, self.vulnerabilities, self.notifications, self.name_spaces = {}, {}, [], set()
        self._number = 0

    # ── Layers ──

    def post_layer(self, name, parent, blob):
        if name in self.layers:
            return 201, None
        if parent and parent not in self.layers:
            return 400, TEXT_NO_PARENT
        if blob.problem == "missing":
            return 400, TEXT_NO_LAYER
        if blob.problem:
            return 422, "tarutil: could not extract the archive"
        above = self.layers.get(parent)
        name_space = blob.name_space or (above.name_space if above else None)
        before = dict(above.features) if above else {}
        if blob.features:
            held = {(feature.name, feature.version): feature for feature in before}
            now = set()
            for package, version in blob.features:
                kept = held.get((package, version))
                if kept is None and name_space is None:
                    return 422, TEXT_UNSUPPORTED
                now.add(kept or Feature(name_space, package, version))
        else:
            now = set(before)
        self._number += 1
        layer = self.layers[name] = Layer(self._number, name, parent, name_space)
        layer.added = now - before.keys()
        layer.features = {feature: before.get(feature, name) for feature in now}
        self.name_spaces.update(feature.name_space for feature in now)
        return 201, None

    def get_layer(self, name, features=False, vulnerabilities=False):
        if name not in self.layers:
            return 404, TEXT_NOT_FOUND
        layer = self.layers[name]
        shown = []
        for feature, added_by in layer.features.items() if features or vulnerabilities else ():
            found = [one.json(fixed_by=one.fixed_in[feature.name]) for one in self.vulnerabilities.values() if one.affects(feature)]
            shown.append(compact({"Name": feature.name, "NamespaceName": feature.name_space, "VersionFormat": version_format(feature.name_space),
                                  "Version": feature.version, "Vulnerabilities": found if vulnerabilities else None, "AddedBy": added_by}))
        return 200, {"Layer": compact({"Name": name, "NamespaceName": layer.name_space, "ParentName": layer.parent,
                                       "IndexedByVersion": ENGINE_LEAST, "Features": shown})}

    def delete_layer(self, name):
        if name not in self.layers:
            return 404, TEXT_NOT_FOUND
        gone = {name}
        while more := {layer.name for layer in self.layers.values() if layer.parent in gone} - gone:
            gone |= more
        for one in gone:
            del self.layers[one]
        return 200, ""

    # ── Vulnerabilities ──

    def post_vulnerability(self, name_space, name, severity, fixed_in, **more):
        self.name_spaces.add(name_space)
        old = self.vulnerabilities.get((name_space, name))
        self._write(Vulnerability(name_space, name, severity, fixed_in={**(old.fixed_in if old else {}), **fixed_in}, **more))
        return 201, None

    def put_vulnerability(self, name_space, name, severity, **more):
        self.name_spaces.add(name_space)
        old = self.vulnerabilities.get((name_space, name))
        self._write(Vulnerability(name_space, name, severity, fixed_in=old.fixed_in if old else {}, **more))
        return 200, None

    def delete_vulnerability(self, name_space, name):
        old = self.vulnerabilities.pop((name_space, name), None)
        if old is None:
            return 404, TEXT_NOT_FOUND
        self.notifications.append((old, None))
        return 200, ""

    def get_vulnerability(self, name_space, name, fixed_in=False):
        if (name_space, name) not in self.vulnerabilities:
            return 404, TEXT_NOT_FOUND
        return 200, {"Vulnerability": self.vulnerabilities[name_space, name].json(fixed_in)}

    def list_vulnerabilities(self, name_space):
        if name_space not in self.name_spaces:
            return 404, TEXT_NOT_FOUND
        return 200, {"Vulnerabilities": [one.json() for one in self.vulnerabilities.values() if one.name_space == name_space]}

    def get_fixes(self, name_space, name):
        if (name_space, name) not in self.vulnerabilities:
            return 404, TEXT_NOT_FOUND
        return 200, {"Features": self.vulnerabilities[name_space, name].fixes()}

    def put_fix(self, name_space, name, feature, version):
        return self._change_fixes(name_space, name, feature, lambda fixes: {**fixes, feature: version})

    def delete_fix(self, name_space, name, feature):
        old = self.vulnerabilities.get((name_space, name))
        if old is not None and feature not in old.fixed_in:
            return 404, TEXT_NOT_FOUND
        return self._change_fixes(name_space, name, feature, lambda fixes: {of: v for of, v in fixes.items() if of != feature}, "")

    def _change_fixes(self, name_space, name, feature, change, answer=None):
        old = self.vulnerabilities.get((name_space, name))
        if old is None:
            return 404, TEXT_NOT_FOUND
        self._write(Vulnerability(**{**vars(old), "fixed_in": change(old.fixed_in)}))
        return 200, answer

    def _write(self, new):
        """Only what changes something is a change."""
        old = self.vulnerabilities.get((new.name_space, new.name))
        if old is None or not old.same(new):
            self.vulnerabilities[new.name_space, new.name] = new
            self.notifications.append((old, new))

    # ── Notifications: read with the layers that there are now ──

    def introducing(self, vulnerability):
        """Names of the layers that add something affected, in the order in which they were made."""
        return [layer.name for layer in sorted(self.layers.values(), key=lambda layer: layer.number)
                if any(vulnerability.affects(feature) for feature in layer.added)]

    def notification_json(self, old, new):
        """As gathered from all pages by gather()."""
        side = lambda one: {"Vulnerability": one.json(fixed_in=True), "Layers": self.introducing(one)}
        return compact({"Old": side(old) if old else None, "New": side(new) if new else None})


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def compact(members):
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


ORDERLESS = ("Features", "Vulnerabilities", "FixedIn", "Namespaces")


def canonical(value):
    """The same for all answers that mean the same: orders that are nobody's promise are sorted away, null, [] and absent
    are alike, any engine that is new enough is the least one."""
    if isinstance(value, dict):
        result = {}
        for name, item in value.items():
            item = canonical(item)
            if name in ORDERLESS and isinstance(item, list):
                item = sorted(item, key=repr)
            if name == "IndexedByVersion" and isinstance(item, int) and item >= ENGINE_LEAST:
                item = ENGINE_LEAST
            if item not in (None, "", [], {}):
                result[name] = item
        return dict(sorted(result.items()))
    return [canonical(item) for item in value] if isinstance(value, list) else value


def gather(pages):
    """One notification from the answers of all its pages: {Old, New: {Vulnerability, Layers}}, with the layers of both
    lists checked against each other and against the order that clients rely on."""
    result, last = {}, {}
    for answer in pages:
        if answer.status != 200:
            raise AssertionError(f"{answer.wanted}: {answer}")
        notification = answer.json["Notification"]
        for side in ("Old", "New"):
            if side not in notification:
                continue
            part = notification[side]
            kept = result.setdefault(side, {"Vulnerability": part["Vulnerability"], "Layers": []})
            if canonical(kept["Vulnerability"]) != canonical(part["Vulnerability"]):
                raise AssertionError(f"{answer.wanted}: the pages of one notification differ in their vulnerability")
            ordered = part.get("OrderedLayersIntroducingVulnerability") or []
            if [one["LayerName"] for one in ordered] != (part.get("LayersIntroducingVulnerability") or []):
                raise AssertionError(f"{answer.wanted}: the two lists of layers differ: {part}")
            for one in ordered:
                if one["Index"] <= last.get(side, -1):
                    raise AssertionError(f"{answer.wanted}: Index does not ascend: {one} after {last[side]}")
                last[side] = one["Index"]
                kept["Layers"].append(one["LayerName"])
    return canonical(result)
