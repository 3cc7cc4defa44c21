"""`python -m medreview.cli` is the same program as `medreview`."""

from medreview.cli import main

main()
