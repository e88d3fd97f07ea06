"""A scripted participant over the public wire: with it one person alone sees a lesson, and tests a second program.

It knows `docs/protocol.md` and `docs/http.md` and nothing else of the product: not its frames, its codec or its rules
(import-linter holds it to that), so what works with it works by what is written down. MessagePack is the ``msgpack``
package's, media is aiortc's, HTTP is the standard library's.
"""
