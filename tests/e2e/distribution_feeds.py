"""Advisories of distributions in their own formats, made of facts: OVAL of Red Hat and Oracle, Red Hat's VEX, Amazon's
updateinfo.xml, Ubuntu's CVE tracker."""
import json
from xml.sax.saxutils import quoteattr


class Oval:
    """An OVAL document of updates, as Red Hat (`com.redhat.rhsa`) and Oracle (`com.oracle.elsa`) write it: definitions
    first, and behind them the tests, objects and states that they refer to."""

    def __init__(self, prefix, system, signed):
        self.prefix, self.system, self.signed = prefix, system, signed
        self.definitions, self.tests, self.objects, self.states = [], [], [], []

    def _criterion(self, comment, name, state):
        """A criterion with its test; `state` is the inside of an element that the package must meet."""
        number = len(self.tests) + 1
        self.tests.append(f'<red-def:rpminfo_test id="oval:{self.prefix}:tst:{number}" version="1" check="at least one" comment={quoteattr(comment)}>'
                          f'<red-def:object object_ref="oval:{self.prefix}:obj:{number}"/><red-def:state state_ref="oval:{self.prefix}:ste:{number}"/>'
                          f'</red-def:rpminfo_test>')
        self.objects.append(f'<red-def:rpminfo_object id="oval:{self.prefix}:obj:{number}" version="1"><red-def:name>{name}</red-def:name></red-def:rpminfo_object>')
        self.states.append(f'<red-def:rpminfo_state id="oval:{self.prefix}:ste:{number}" version="1">{state}</red-def:rpminfo_state>')
        return f'<criterion test_ref="oval:{self.prefix}:tst:{number}" comment={quoteattr(comment)}/>'

    def add(self, update, title, severity, cves, url, releases, architectures=()):
        """releases: {"7": {package: "0:1.2-3.el7"}}; with architectures, each release is asked for each of them."""
        branches = ""
        for release, packages in releases.items():
            tests = "".join(f'<criteria operator="AND">'
                            + self._criterion(f"{package} is earlier than {fixed}", package,
                                              f'<red-def:evr datatype="evr_string" operation="less than">{fixed}</red-def:evr>')
                            + self._criterion(f"{package} is signed with {self.signed}", package,
                                              '<red-def:signature_keyid operation="equals">199e2f91fd431d51</red-def:signature_keyid>')
                            + '</criteria>' for package, fixed in packages.items())
            inner = f'<criteria operator="OR">{tests}</criteria>'
            if architectures:
                inner = '<criteria operator="OR">' + "".join(
                    f'<criteria operator="AND"><criterion test_ref="oval:{self.prefix}:tst:{architecture}" '
                    f'comment={quoteattr(self.system + " arch is " + architecture)}/>{inner}</criteria>' for architecture in architectures) + '</criteria>'
            installed = self._criterion(f"{self.system} {release} is installed", "release",
                                        f'<red-def:version operation="pattern match">^{release}[^\\d]</red-def:version>')
            branches += f'<criteria operator="AND">{installed}{inner}</criteria>'
        cpes = "".join(f"<cpe>cpe:/o:redhat:enterprise_linux:{release}</cpe>" for release in releases)
        self.definitions.append(
            f'<definition id="oval:{self.prefix}:def:{len(self.definitions) + 1}" version="1" class="patch"><metadata><title>{update}: {title}</title>'
            f'<affected family="unix">{"".join(f"<platform>{self.system} {release}</platform>" for release in releases)}</affected>'
            f'<reference source="{update[:4]}" ref_id="{update}" ref_url="{url}"/>'
            + "".join(f'<reference source="CVE" ref_id="{cve}" ref_url="https://example.org/{cve}"/>' for cve in cves)
            + f'<description>About {update}.</description><advisory><severity>{severity}</severity><issued date="2015-06-29"/>'
            + "".join(f'<cve href="https://example.org/{cve}">{cve}</cve>' for cve in cves)
            + (f'<affected_cpe_list>{cpes}</affected_cpe_list>' if self.prefix.startswith("com.redhat") else "")
            + f'</advisory></metadata><criteria operator="OR">{branches}</criteria></definition>')

    def text(self):
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" '
                'xmlns:red-def="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux">\n'
                + "".join(f"<{section}>{''.join(parts)}</{section}>\n" for section, parts in (
                    ("definitions", self.definitions), ("tests", self.tests), ("objects", self.objects), ("states", self.states)))
                + "</oval_definitions>\n")


def updateinfo(updates):
    """updates: [(id, severity, cves, collection, {package: (epoch, version, release, architectures)})]"""
    text = '<?xml version="1.0" ?>\n<updates>'
    for update, severity, cves, collection, packages in updates:
        text += (f'<update status="final" version="1.4" author="a@example.org" type="security" from="a@example.org"><id>{update}</id><title>{update}</title>'
                 f'<issued date="2018-01-04 18:57"/><updated date="2018-01-08 21:00"/><severity>{severity}</severity><description>About\n  {update}.</description>'
                 '<references>' + "".join(f'<reference href="https://example.org/{cve}" id="{cve}" type="cve"/>' for cve in cves)
                 + f'</references><pkglist><collection short="{collection}"><name>x</name>')
        for package, (epoch, version, release, architectures) in packages.items():
            text += "".join(f'<package name="{package}" epoch="{epoch}" version="{version}" release="{release}" arch="{arch}">'
                            f'<filename>Packages/{package}-{version}-{release}.{arch}.rpm</filename></package>' for arch in architectures)
        text += '</collection></pkglist></update>'
    return text + '</updates>\n'


def ubuntu_tracker(flaw, priority, statuses):
    """A file of Ubuntu's CVE tracker. statuses: {"trusty_libmspack": "needed"}"""
    return (f"Candidate: {flaw}\nPublicDate: 2015-06-11\nReferences:\n https://example.org/{flaw}\nDescription:\n What goes wrong.\nUbuntu-Description:\n"
            f"Notes:\nBugs:\nPriority: {priority}\nDiscovered-by:\nAssigned-to:\n\n" + "".join(f"{where}: {status}\n" for where, status in statuses.items()))


def vex(flaw, impact, fixes=(), unfixed=()):
    """A document of Red Hat's. fixes: [(product id, its CPE, package, version-release)], unfixed: [(product id, CPE, source package, remediation)]"""
    leaves, relationships, ids = {}, [], {"fixed": [], "known_affected": []}
    remediations = []

    def relate(product, cpe, component, purl):
        leaves[product] = {"product_id": product, "name": product, "product_identification_helper": {"cpe": cpe}}
        leaves[component] = {"product_id": component, "name": component, "product_identification_helper": {"purl": purl}}
        relationships.append({"category": "default_component_of", "full_product_name": {"name": "x", "product_id": f"{product}:{component}"},
                              "product_reference": component, "relates_to_product_reference": product})
        return f"{product}:{component}"

    for product, cpe, package, version in fixes:
        ids["fixed"].append(relate(product, cpe, f"{package}-0:{version}.x86_64", f"pkg:rpm/redhat/{package}@{version}?arch=x86_64"))
    for product, cpe, package, details in unfixed:
        ids["known_affected"].append(relate(product, cpe, package, f"pkg:rpm/redhat/{package}?arch=src"))
        remediations.append({"category": "no_fix_planned", "details": details, "product_ids": [ids["known_affected"][-1]]})
    every = ids["fixed"] + ids["known_affected"]
    return json.dumps({
        "document": {"category": "csaf_vex", "tracking": {"id": flaw, "status": "final", "version": "1", "current_release_date": "2024-05-01T00:00:00+00:00"}},
        "product_tree": {"branches": [{"category": "vendor", "name": "Red Hat", "branches": [{"category": "product_version", "name": "x", "product": leaf}
                                                                                             for leaf in leaves.values()]}],
                         "relationships": relationships},
        "vulnerabilities": [{"cve": flaw, "title": "about " + flaw, "product_status": ids, "remediations": remediations,
                             "threats": [{"category": "impact", "details": impact, "product_ids": every}]}]})
