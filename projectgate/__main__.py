"""`python -m projectgate`: the command line."""

from projectgate.cli import main

if __name__ == "__main__":
    main()
