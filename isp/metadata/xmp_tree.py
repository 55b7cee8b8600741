"""XMP packets as trees: parsing them, looking properties up, and the names of their namespaces.

Reference: XMP specification part 1 (ISO 16684-1:2019), sections 6 and 7; part 2 (Adobe, 2022) for the namespaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES = {
    "x": "adobe:ns:meta/",
    "rdf": RDF,
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
AROUND = b"\0 \r\n\t\xef\xbb\xbf"
"""What may stand before and behind a packet: filling, and the mark of UTF-8."""


def name(prefixed: str) -> str:
    """Return a name such as `dc:title` as the tree has it."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def parse_xml(data: bytes) -> Element:
    """Return the tree of a document with `{namespace}name` tags.

    `ValueError`, `ParseError` or `ExpatError` if it is none. A document type, and with it every entity, is refused: XMP
    has no use for them, and they can make a reader fill the memory or fetch something.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def named(tag: str) -> str:
        return "{" + tag if "}" in tag else tag

    def refuse(*_: object) -> None:
        raise ValueError("it has a document type, which XMP must not have")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: builder.start(
        named(tag), {named(key): value for key, value in attributes.items()}
    )
    parser.EndElementHandler = lambda tag: builder.end(named(tag))
    parser.CharacterDataHandler = builder.data
    parser.Parse(data if data.startswith(UTF16) else data.strip(AROUND), True)
    return builder.close()


def parse_packet(packet: bytes) -> Element | None:
    """Return the `rdf:RDF` element of a packet; None where there is none, or the packet is broken."""
    try:
        root = parse_xml(packet)
    except (ParseError, expat.ExpatError, ValueError):
        return None
    return root if root.tag == name("rdf:RDF") else root.find(name("rdf:RDF"))


def descriptions(rdf: Element) -> list[Element]:
    """Return the descriptions that hold the properties."""
    return rdf.findall(name("rdf:Description"))


def properties(rdf: Element) -> Iterator[tuple[str, str]]:
    """Yield names, as the tree has them, and texts of simple properties, and of the items of lists."""
    for description in descriptions(rdf):
        yield from description.attrib.items()
        for child in description:
            items = child.iter(name("rdf:li"))
            for text in [item.text for item in items] or [child.text]:
                if text and text.strip():
                    yield child.tag, text.strip()


def element(tag: str, text: str = "") -> Element:
    """Return an element of a prefixed name with a text."""
    made = Element(name(tag))
    made.text = text or None
    return made


def listed(tag: str, kind: str, texts: tuple[str, ...]) -> Element:
    """Return a property that is a list, `kind` being `Bag`, `Seq` or `Alt`."""
    made = element(tag)
    held = ElementTree.SubElement(made, name(f"rdf:{kind}"))
    for text in texts:
        item = ElementTree.SubElement(held, name("rdf:li"), {XML_LANG: "x-default"} if kind == "Alt" else {})
        item.text = text
    return made


def packet_of(rdf: Element) -> bytes:
    """Return the packet of a tree, with its wrapper, in UTF-8."""
    for prefix, uri in PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    meta = Element(name("x:xmpmeta"))
    meta.append(rdf)
    body = ElementTree.tostring(meta, encoding="unicode")
    head = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    return f'{head}{body}\n<?xpacket end="w"?>'.encode()
