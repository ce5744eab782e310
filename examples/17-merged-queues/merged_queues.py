"""Merges two queues of ticket numbers: one pass of known length, and nothing left over to append."""


def merged(left: list[int], right: list[int]) -> list[int]:
    out: list[int] = []
    a = b = 0
    for _ in range(len(left) + len(right)):
        take_left = b == len(right) or (a < len(left) and left[a] <= right[b])
        if take_left:
            out.append(left[a])
            a += 1
        else:
            out.append(right[b])
            b += 1
    return out


def main() -> None:
    print(merged([1, 4, 9], [2, 3, 10, 12]))
    print(merged([], [5, 6]))
    print(merged([7, 8], []))


if __name__ == "__main__":
    main()
