"""Names and descriptions as people type them: every script, every character that breaks a file format."""

from __future__ import annotations

from typing import Final

__all__ = ["BRANDS", "LINKS", "LONG_TEXT", "NAMES", "QUERIES", "TOPICS"]

NAMES: Final = (
    "Spring | Prospecting | US",
    'Summer "Hot" Deals, 20% off',
    "Été à la plage 🏖️ — découverte",
    "Line one\nline two",
    "Back\\slash \\N and \\n, literally",
    "Winter;Semi;Colons\tTab",
    "節分セール・リターゲティング",
    "'Quoted' name, with 'apostrophes'",
    "Größe & Übergröße <b>neu</b>",
    "عرض خاص | شتاء",
    "👩‍👩‍👧‍👦 Family gifts 🎁 100%",
    "NULL",
    "  leading and trailing  ",
    "=SUM(A1:A9)",
    "Zażółć gęślą jaźń\r\nCRLF",
    "Brand {{campaign}} | %s | ${x}",
    "",
    "0012",
    "é (composed) vs é (combined)",
    "Launch\u2028separator\u00a0nbsp",
)
LONG_TEXT: Final = "A long story about a chair, a lamp and a rug — told in one breath, “quoted”, 100% wool. " * 8
TOPICS: Final = ("summer recipes", "living room ideas", "wedding guest dress", "diy shelf", "café décor", "運動 靴")
QUERIES: Final = ("mid century chair", "boho rug 8x10", 'lamp "brass"', "sofa, corner", "vintage poster", "kilim 🧶")
BRANDS: Final = ("Northwind", "Blåbær Home", "Casa Ñandú", "Tanaka & Söhne")
LINKS: Final = (
    "https://shop.example.com/p/1?utm_source=pinterest&utm_campaign=a%20b",
    "https://example.com/ä/ö?q=1,2;3#frag",
    "http://example.org/",
)
