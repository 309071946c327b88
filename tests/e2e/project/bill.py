"""Bills, in cents."""


def total(items):
    """The sum of the prices of *items*, pairs of a name and cents."""
    return sum(cents for _, cents in items)


def show(cents):
    """Cents as people write them: 1.05."""
    return f"{cents // 100}.{cents % 100:02d}"
