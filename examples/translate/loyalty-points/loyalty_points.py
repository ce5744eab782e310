def points(purchases: list[int], rate: int) -> int:
    """Points of a year: the square of a purchase's hundreds, times the rate; a return takes half of its own away."""
    total = 0
    for cents in purchases:
        hundreds = cents // 10000
        earned = hundreds * hundreds * rate
        if cents < 0:
            earned = -earned // 2
        total += earned
    return total


if __name__ == "__main__":
    print(points([125000, 8990, 40000], 3))
    print(points([99000000, 120000000, -35000], 7))
    print(points([-15000, 20000], 5))
    print(points([], 2))
