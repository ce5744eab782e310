"""`python -m semalign.cli` is `semalign`."""

import sys

from semalign.cli.main import main

sys.exit(main())
