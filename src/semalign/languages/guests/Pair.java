package javafx.util;

import java.util.Objects;

/** Stands for the class of JavaFX, which no plain JDK has and many programs import. */
public class Pair<K, V> implements java.io.Serializable {
    private static final long serialVersionUID = 1;
    private final K key;
    private final V value;

    public Pair(K key, V value) {
        this.key = key;
        this.value = value;
    }

    public K getKey() {
        return key;
    }

    public V getValue() {
        return value;
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(key) * 13 + (value == null ? 0 : value.hashCode());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pair && Objects.equals(key, ((Pair<?, ?>) other).key)
                && Objects.equals(value, ((Pair<?, ?>) other).value);
    }

    @Override
    public String toString() {
        return key + "=" + value;
    }
}
