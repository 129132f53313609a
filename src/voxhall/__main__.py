"""`python -m voxhall` is `voxhall`."""

from voxhall.cli import main

if __name__ == "__main__":
    main()
