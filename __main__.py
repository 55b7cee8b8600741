"""Run the command line as `python -m unveil`."""

from .cli import main

raise SystemExit(main())
