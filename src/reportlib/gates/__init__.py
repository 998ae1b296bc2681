"""Checks on finished files, each a function that says what it checks and yields what it finds."""

from reportlib.gates.html import check_html, check_site
from reportlib.gates.language import check_language, check_markdown
from reportlib.gates.pdf import check_pdf
from reportlib.gates.statement import statement
