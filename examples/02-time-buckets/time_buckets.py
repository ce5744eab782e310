"""How many events fall into each bucket of `width` seconds; times before the start of the recording are negative.

Ported to C++ for the collector. Buckets are counted from the one that begins at second 0.
"""


def bucket_counts(times: list[int], width: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for time in times:
        bucket = time // width
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def main() -> None:
    print(bucket_counts([0, 3, 9, 10, 25], 10))
    print(bucket_counts([61, 59, 60], 60))
    print(bucket_counts([-5, -1, 0, 4], 5))


if __name__ == "__main__":
    main()
