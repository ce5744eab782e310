"""Loyalty points of a customer's purchases; every tenth purchase counts double."""


def loyalty(cents: list[int], rate: int) -> int:
    points = 0
    for i in range(len(cents)):
        earned = cents[i] * rate // 100
        if (i + 1) % 10 == 0:
            earned *= 2
        points += earned
    return points


if __name__ == "__main__":
    print(loyalty([1999, 250, 12000], 5))
    print(loyalty([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100], 3))
    print(loyalty([990000000, 45000000], 12))
    print(loyalty([], 5))
