# SPDX-License-Identifier: GPL-2.0
"""Configuration of Sphinx, for make docs.

The source folder is the top folder, so that README.md and its neighbours are pages as well, and their links are checked.
"""

import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
top = here.parent
sys.path.insert(0, str(here))

project = "snd-hvsock"
author = copyright = "snd-hvsock contributors"
version = release = (top / "VERSION").read_text().strip()

extensions = ["myst_parser", "reference"]
root_doc = "Documentation/index"
include_patterns = ["*.md", "bench/results/*.md", "Documentation/*.rst"]
exclude_patterns = [path.name for path in top.iterdir() if path.is_dir() and path.name not in ("Documentation", "bench")]
exclude_patterns += ["Documentation/html", "bench/out"]
# Options are shown as they are typed, and no text is taken for Python.
smartquotes = False
highlight_language = "none"
# Links to headings, such as README.md#troubleshooting
myst_heading_anchors = 3

html_title = f"snd-hvsock {version}"
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "230px", "font_family": "sans-serif",
                      "head_font_family": "sans-serif"}
html_static_path = ["html.css"]
html_css_files = ["html.css"]
# Sends those who open the top of the site to its index.
html_extra_path = ["index.html"]
html_copy_source = False
html_show_sphinx = False
