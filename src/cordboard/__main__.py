"""``python -m cordboard`` is the command line."""

from cordboard.cli import main

if __name__ == "__main__":
    main()
