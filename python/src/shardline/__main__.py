"""`python -m shardline` is `shardline`."""

import sys

from shardline._cli import main

sys.exit(main())
