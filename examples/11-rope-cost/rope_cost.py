"""The least cost of joining ropes two at a time, when joining costs the length of the result."""

import heapq


def rope_cost(lengths: list[int]) -> int:
    heap = list(lengths)
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        cost += joined
        heapq.heappush(heap, joined)
    return cost


def main() -> None:
    print(rope_cost([7]))
    print(rope_cost([4, 3]))
    print(rope_cost([4, 3, 2, 6]))


if __name__ == "__main__":
    main()
