"""Hits of a page cache that forgets the page which was not asked for the longest (LRU)."""


def cache_hits(requests: list[int], capacity: int) -> int:
    pages: list[int] = []
    hits = 0
    for page in requests:
        if page in pages:
            hits += 1
            pages.remove(page)
        elif len(pages) >= capacity and pages:
            pages.pop(0)
        pages.append(page)
    return hits


def main() -> None:
    print(cache_hits([1, 2, 3], 2))
    print(cache_hits([1, 2, 1, 2], 3))
    print(cache_hits([1, 2, 1, 3, 1, 2], 2))


if __name__ == "__main__":
    main()
