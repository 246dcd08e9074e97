"""What traymail consists of where it is installed: the packages, their licences and needs."""

from __future__ import annotations

import json
import platform
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "traymail"
# https://cyclonedx.org/docs/1.6/json/
SPEC = "1.6"
_TEXT = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*$", re.IGNORECASE)
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True)
class Part:
    """An installed package: what its metadata says, and the names of those it needs here."""

    name: str
    version: str
    licence: str
    is_expression: bool
    """Whether the licence is one of SPDX, not just words for it."""
    home: str
    texts: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Return its package URL (https://github.com/package-url/purl-spec)."""
        return f"pkg:pypi/{self.name}@{self.version}"


def parts() -> list[Part]:
    """Return traymail, and all that it needs on this system, itself first, then by name."""
    found: dict[str, Part] = {}
    waiting = [(ROOT, frozenset[str]())]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        one = distribution(name)
        needed = [
            (canonicalize_name(wanted.name), frozenset(wanted.extras))
            for wanted in _wanted(one, extras)
        ]
        before = found[name].needs if name in found else ()
        names = tuple(sorted({*before, *(other for other, _ in needed)}))
        found[name] = _part(name, one, names)
        new = set(needed) - seen
        seen |= new
        waiting += sorted(new, key=lambda pair: pair[0])
    return [found.pop(ROOT), *(found[name] for name in sorted(found))]


def _wanted(one: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for words in one.requires or ():
        requirement = Requirement(words)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def _part(name: str, one: Distribution, needs: tuple[str, ...]) -> Part:
    facts = one.metadata.json
    expression = _word(facts, "license_expression")
    classified = [
        classifier.removeprefix(_CLASSIFIER)
        for classifier in facts.get("classifier", ())
        if classifier.startswith(_CLASSIFIER)
    ]
    # Some write the whole text into this field.
    written = _word(facts, "license").strip().partition("\n")[0]
    texts = [file for file in one.files or () if _TEXT.search(file.name)]
    return Part(
        name=name,
        version=one.version,
        licence=expression or " / ".join(classified) or written,
        is_expression=bool(expression),
        home=_home(_word(facts, "home_page"), facts.get("project_url", ())),
        texts=tuple(file.read_text("utf-8") for file in texts if ".dist-info" in str(file.parent)),
        needs=needs,
    )


def _word(facts: Mapping[str, str | list[str]], name: str) -> str:
    value = facts.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def _home(page: str, addresses: Iterable[str]) -> str:
    """Return the first address that leads to the package's people."""
    named = dict(address.split(", ", 1) for address in addresses)
    wanted = ("homepage", "source", "repository", "source code", "github")
    known = {name.lower(): address for name, address in named.items()}
    found = next((known[name] for name in wanted if name in known), "")
    return page or found or next(iter(named.values()), "")


def requirements(found: Sequence[Part]) -> str:
    """Return the packages that traymail needs, a line each, as pip reads them."""
    return "".join(f"{one.name}=={one.version}\n" for one in found if one.name != ROOT)


def sbom(found: Sequence[Part], made: datetime) -> str:
    """Return the software bill of materials as CycloneDX JSON; ``made`` stands in it."""
    known = {one.name: one for one in found}
    python = {
        "type": "platform",
        "bom-ref": f"python@{platform.python_version()}",
        "name": platform.python_implementation(),
        "version": platform.python_version(),
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }
    bill = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {
            "timestamp": made.isoformat(timespec="seconds"),
            "properties": [{"name": "traymail:system", "value": system()}],
            "component": {**_component(known[ROOT]), "type": "application"},
        },
        "components": [*(_component(one) for one in found if one.name != ROOT), python],
        "dependencies": [
            {
                "ref": one.reference,
                "dependsOn": [known[name].reference for name in one.needs],
            }
            for one in found
        ],
    }
    content = json.dumps(bill, sort_keys=True)
    # The same content has the same number.
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return json.dumps(bill, indent=2) + "\n"


def _component(one: Part) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "library",
        "bom-ref": one.reference,
        "name": one.name,
        "version": one.version,
        "purl": one.reference,
    }
    if one.licence:
        component["licenses"] = [
            {"expression": one.licence} if one.is_expression else {"license": {"name": one.licence}}
        ]
    if one.home:
        component["externalReferences"] = [{"type": "website", "url": one.home}]
    return component


def licences(found: Sequence[Part]) -> str:
    """Return the list of licences, and below it the texts that the packages bring."""
    width = max(len(f"{one.name} {one.version}") for one in found)
    lines = [
        f"{f'{one.name} {one.version}':{width}}  {one.licence or 'not named'}  {one.home}".rstrip()
        for one in found
    ]
    for one in found:
        for words in one.texts:
            lines += ["", "-" * 79, f"{one.name} {one.version}", "", words.strip()]
    return "\n".join(lines) + "\n"


def system() -> str:
    """Return the system that is told of: ``linux-x86_64``."""
    return f"{platform.system()}-{platform.machine()}".lower()
