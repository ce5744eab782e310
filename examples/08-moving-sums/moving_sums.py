"""The sum of every window of `width` neighbouring values. Port of moving_sums.cpp."""


def moving_sums(series: list[int], width: int) -> list[int]:
    sums: list[int] = []
    n = len(series)
    if width < 1 or width > n:
        return sums
    window = 0
    for i in range(width):
        window += series[i]
    sums.append(window)
    for last in range(width, n - 1):
        window += series[last] - series[last - width]
        sums.append(window)
    return sums


def main() -> None:
    for width in (1, 3, 5):
        print(moving_sums([4, 8, 15, 16], width))


if __name__ == "__main__":
    main()
