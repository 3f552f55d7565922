"""A postmortem as a page of its own: readable in a browser, in the dark and on paper.

The page refers to nothing outside itself, and nothing in the Markdown can become HTML, a script
or an image: what looks like a tag is shown as it was written.
"""

from __future__ import annotations

from html import escape

CSS = """\
:root { color-scheme: light dark; --line: #8886; --faint: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.2; margin: 1.6em 0 .5em; }
h1 { margin-top: 0; }
table { border-collapse: collapse; width: 100%; font-size: .92em; margin: 1em 0; }
th, td { border: 1px solid var(--line); padding: .3em .6em; text-align: left;
  vertical-align: top; }
th { background: var(--faint); }
td:first-child { font-variant-numeric: tabular-nums; }
pre, code { font-family: ui-monospace, monospace; background: var(--faint); }
pre { padding: .8em; white-space: pre-wrap; }
hr { border: 0; border-top: 1px solid var(--line); margin: 2.5em 0; }
@media print { body { font-size: 10.5pt; margin: 0; max-width: none; } tr { break-inside: avoid; }
  h1, h2, h3 { break-after: avoid; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def postmortem_html(markdown: str) -> str:
    """One page, complete in itself."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    reader.enable("table").disable("image")
    heading = next((line for line in markdown.split("\n") if line.startswith("# ")), "# Postmortem")
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(heading[2:].strip())}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n"
        f"{reader.render(markdown)}</body>\n</html>\n"
    )
