"""What is said, and what ends the story early."""


class Wrong(Exception):
    """Something did not go as the demo says it does."""


def say(text=""):
    print(text, flush=True)


def step(text):
    say(f"\n== {text}")


def expect(condition, otherwise):
    """The demo is over unless this is so."""
    if not condition:
        raise Wrong(otherwise)
