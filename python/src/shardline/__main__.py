"""`python -m shardline` runs the `shardline` command."""

import sys

from shardline._cli import main

sys.exit(main())
