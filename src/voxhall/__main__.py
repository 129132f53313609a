"""`python -m voxhall` is `voxhall`. A supervised media node opens its ports before the rest is loaded."""

import os

if __name__ == "__main__":
    if "VOXHALL_MEDIA_NODE" in os.environ:
        from voxhall.media import opening

        opening.open_early()
    from voxhall.cli import main

    main()
