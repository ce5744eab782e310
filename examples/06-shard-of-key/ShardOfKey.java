/** Which of `shards` servers holds a key: a 32-bit hash that wraps on purpose, mixed, without its sign. */
public class ShardOfKey {
    static int shardOf(String key, int shards) {
        int hash = 17;
        for (int i = 0; i < key.length(); i++) {
            hash = hash * 31 + key.charAt(i);
            hash ^= hash >>> 15;
        }
        return (hash & 0x7fffffff) % shards;
    }

    public static void main(String[] args) {
        System.out.println(shardOf("", 8));
        System.out.println(shardOf("ab", 8));
        System.out.println(shardOf("customer-1042", 16));
    }
}
