"""The median of each window of readings; the lower one of two where the width is even."""


def medians(readings: list[int], width: int) -> list[int]:
    found = []
    for start in range(len(readings) - width + 1):
        window = sorted(readings[start : start + width])
        found.append(window[(width - 1) // 2])
    return found


if __name__ == "__main__":
    print(medians([5, 2, 8, 1, 9, 4], 3))
    print(medians([7, 7, 1, 3], 2))
    print(medians([4], 1))
    print(medians([3, -2, 10, 0, 6], 4))
