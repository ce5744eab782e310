package semalign;

import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/** Values in wire form. Calls no code of the program, but for a comparator that a copied heap is drained with. */
final class SemalignWire {
    private static final class TooLarge extends RuntimeException {
        TooLarge() {
            super("too large", null, false, false);
        }
    }

    private static final int MAX_TEXT = 65_536; // characters of a text that a digest covers

    private final StringBuilder out = new StringBuilder();
    private final SemalignCaps caps;
    private final boolean shown; // false: everything is written
    private final List<Object> around; // the containers around the value at hand
    private int left;
    private boolean cuts; // something is larger than what is shown

    private SemalignWire(SemalignCaps caps, boolean shown, List<Object> around) {
        this.caps = caps;
        this.shown = shown;
        this.around = around;
        this.left = shown ? Integer.MAX_VALUE : caps.digestItems;
    }

    /** The wire text of a value, cut where it is too large. */
    static String of(Object value, SemalignCaps caps) {
        try {
            SemalignWire all = new SemalignWire(caps, false, new ArrayList<>());
            all.write(value);
            if (!all.cuts) return all.out.toString();
            SemalignWire some = new SemalignWire(caps, true, new ArrayList<>());
            some.write(value);
            return some.out.toString();
        } catch (TooLarge e) {
            return "{\"u\":\"more than " + caps.digestItems + " elements\"}";
        } catch (StackOverflowError e) {
            return "{\"u\":\"no stack left to read it\"}";
        } catch (RuntimeException e) { // another thread changed it
            return "{\"u\":\"changed while it was read\"}";
        }
    }

    private void write(Object v) {
        if (v == null) out.append("null");
        else if (v instanceof Integer || v instanceof Long || v instanceof Short || v instanceof Byte) out.append(v);
        else if (v instanceof Boolean) out.append((boolean) v);
        else if (v instanceof Character) character((char) v);
        else if (v instanceof Double) bits("{\"f\":\"", (double) v);
        else if (v instanceof Float) bits("{\"f4\":\"", (float) v);
        else if (v instanceof String) text((String) v);
        else if (v instanceof int[]) integers((int[]) v);
        else if (v.getClass().isArray()) {
            Object[] items = SemalignPeek.items(v, this::count);
            if (SemalignPeek.lengths(items) > left) throw new TooLarge(); // before any of it is written
            sequence(v, items, '[');
        }
        else object(v, v.getClass());
    }

    private void object(Object v, Class<?> c) {
        String name = c.getName();
        if (v instanceof Throwable) raised(out, (Throwable) v);
        else if (v instanceof Enum) text(((Enum<?>) v).name());
        else if (c == javafx.util.Pair.class) {
            pair(v, ((javafx.util.Pair<?, ?>) v).getKey(), ((javafx.util.Pair<?, ?>) v).getValue());
        } else if (c.isHidden() || c.isSynthetic()) opaque("lambda");
        else if (c.getClassLoader() != null) record(v, c);
        else if (v instanceof StringBuilder || v instanceof StringBuffer) text(v.toString());
        else if (v instanceof java.math.BigInteger || name.startsWith("java.util.concurrent.atomic.Atomic")
                && v instanceof Number) out.append(v);
        else if (v instanceof Optional) write(((Optional<?>) v).orElse(null));
        else if (v instanceof Map.Entry) pair(v, ((Map.Entry<?, ?>) v).getKey(), ((Map.Entry<?, ?>) v).getValue());
        else if (SemalignPeek.wrapped(v) != null) write(SemalignPeek.wrapped(v));
        else if (SemalignPeek.mayCallOut(name)) opaque(c.getSimpleName());
        else if (v instanceof PriorityQueue) heap((PriorityQueue<?>) v);
        else if (v instanceof Map) map((Map<?, ?>) v);
        else if (v instanceof Collection) {
            count(((Collection<?>) v).size());
            sequence(v, ((Collection<?>) v).toArray(), v instanceof Set ? 'S' : '[');
        } else opaque(c.getSimpleName());
    }

    private void heap(PriorityQueue<?> heap) {
        count(heap.size());
        Object[] items = SemalignTrace.quietly(() -> {
            PriorityQueue<?> copy = new PriorityQueue<>(heap);
            Object[] popped = new Object[copy.size()];
            for (int i = 0; i < popped.length; i++) popped[i] = copy.poll();
            return popped;
        });
        if (items == null) out.append("{\"u\":\"the comparator of a heap failed\"}");
        else sequence(heap, items, '[');
    }

    private void map(Map<?, ?> map) {
        count(map.size());
        Object[] entries = map.entrySet().toArray();
        sequence(map, entries, 'm');
    }

    private void record(Object v, Class<?> c) {
        Field[] fields = SemalignPeek.fields(c);
        count(fields.length);
        if (!enters(v)) return;
        out.append("{\"R\":[");
        quote(out, c.getSimpleName());
        out.append(",[");
        for (int i = 0; i < fields.length; i++) {
            out.append(i > 0 ? ",[" : "[");
            quote(out, fields[i].getName());
            out.append(',');
            write(SemalignPeek.get(fields[i], v));
            out.append(']');
        }
        out.append("]]}");
        around.remove(around.size() - 1);
    }

    private void pair(Object v, Object key, Object value) {
        count(2);
        sequence(v, new Object[] {key, value}, 't');
    }

    private void count(int n) {
        if ((left -= n) < 0) throw new TooLarge();
    }

    private boolean enters(Object v) {
        for (int i = around.size() - 1; i >= 0; i--) {
            if (around.get(i) == v) {
                out.append("{\"r\":").append(around.size() - i).append('}');
                return false;
            }
        }
        if (around.size() >= caps.depth) {
            out.append("{\"u\":\"deeper than ").append(caps.depth).append("\"}");
            return false;
        }
        around.add(v);
        return true;
    }

    private void integers(int[] items) {
        if (items.length > caps.items) {
            sequence(items, SemalignPeek.items(items, this::count), '[');
            return;
        }
        count(items.length);
        if (!enters(items)) return;
        out.append('[');
        for (int i = 0; i < items.length; i++) {
            if (i > 0) out.append(',');
            out.append(items[i]);
        }
        out.append(']');
        around.remove(around.size() - 1);
    }

    /** A container: `[` a list, else the tag of its form. */
    private void sequence(Object v, Object[] items, char tag) {
        if (!enters(v)) return;
        boolean cut = items.length > caps.items;
        cuts |= cut;
        if (tag == 'S') items = sorted(items);
        int n = items.length;
        String digest = "";
        if (shown && cut) {
            SemalignWire all = new SemalignWire(caps.unlimited(), false, around);
            all.parts(items, n, tag);
            digest = digest(all.out.toString());
            n = caps.items;
            out.append("{\"cut\":[");
        }
        parts(items, n, tag);
        if (shown && cut) out.append(',').append(items.length).append(",\"").append(digest).append("\"]}");
        around.remove(around.size() - 1);
    }

    private void parts(Object[] items, int n, char tag) {
        if (tag != '[') out.append("{\"").append(tag).append("\":");
        out.append('[');
        for (int i = 0; i < n; i++) {
            if (i > 0) out.append(',');
            if (tag == 'm') {
                out.append('[');
                write(((Map.Entry<?, ?>) items[i]).getKey());
                out.append(',');
                write(((Map.Entry<?, ?>) items[i]).getValue());
                out.append(']');
            } else write(items[i]);
        }
        out.append(tag == '[' ? "]" : "]}");
    }

    /** In order of their whole text; the container is already among those around. */
    private Object[] sorted(Object[] items) {
        String[][] texts = new String[items.length][];
        for (int i = 0; i < items.length; i++) {
            SemalignWire one = new SemalignWire(caps.unlimited(), false, around);
            one.write(items[i]);
            texts[i] = new String[] {one.out.toString(), Integer.toString(i)};
        }
        Arrays.sort(texts, Comparator.comparing(text -> text[0]));
        Object[] ordered = new Object[items.length];
        for (int i = 0; i < items.length; i++) ordered[i] = items[Integer.parseInt(texts[i][1])];
        return ordered;
    }

    private void opaque(String name) {
        out.append("{\"o\":");
        quote(out, name);
        out.append('}');
    }

    static void raised(StringBuilder out, Throwable t) {
        out.append("{\"x\":[");
        String name = t.getClass().getSimpleName();
        quote(out, name.isEmpty() ? t.getClass().getSuperclass().getSimpleName() : name);
        out.append(',');
        quote(out, SemalignPeek.message(t));
        out.append("]}");
    }

    private void character(char c) {
        out.append("{\"c\":");
        quote(out, String.valueOf(c));
        out.append('}');
    }

    private void bits(String open, double d) {
        String hex = Long.toHexString(Double.doubleToLongBits(d)); // one NaN, as the wire form asks
        out.append(open).append("0000000000000000", 0, 16 - hex.length()).append(hex).append("\"}");
    }

    private void text(String s) {
        if (s.length() > MAX_TEXT) {
            out.append("{\"u\":\"text of ").append(s.length()).append(" characters\"}");
            return;
        }
        boolean cut = s.length() > caps.text;
        cuts |= cut;
        if (!cut || !shown) {
            quote(out, s);
            return;
        }
        StringBuilder all = new StringBuilder(s.length() + 2);
        quote(all, s);
        out.append("{\"cut\":[");
        quote(out, s.substring(0, caps.text));
        out.append(',').append(s.length()).append(",\"").append(digest(all.toString())).append("\"]}");
    }

    static void quote(StringBuilder b, String s) {
        b.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int known = "\b\t\n\f\r".indexOf(c);
            if (c == '"' || c == '\\') b.append('\\').append(c);
            else if (c >= ' ' && c <= '~') b.append(c);
            else if (known >= 0) b.append('\\').append("btnfr".charAt(known));
            else b.append("\\u").append(Integer.toHexString(c | 0x10000), 1, 5);
        }
        b.append('"');
    }

    private static String digest(String whole) {
        try {
            byte[] sum = java.security.MessageDigest.getInstance("MD5").digest(whole.getBytes(StandardCharsets.US_ASCII));
            StringBuilder hex = new StringBuilder();
            for (int i = 0; i < 8; i++) hex.append(Integer.toHexString(sum[i] & 255 | 256), 1, 3);
            return hex.toString();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
