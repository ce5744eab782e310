"""Which of `shards` servers holds a key. Port of ShardOfKey.java: both must send a key to the same server."""


def shard_of(key: str, shards: int) -> int:
    mixed = 17
    for character in key:
        mixed = mixed * 31 + ord(character)
        mixed ^= mixed >> 15
    return (mixed & 0x7FFFFFFF) % shards


def main() -> None:
    print(shard_of("", 8))
    print(shard_of("ab", 8))
    print(shard_of("customer-1042", 16))


if __name__ == "__main__":
    main()
