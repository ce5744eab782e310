package semalign;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigInteger;
import java.util.*;

/** Wire trees as objects of a declared type. */
final class SemalignDecode {
    /** The value does not fit the type; the message says why. */
    static final class Misfit extends Exception {
        private static final long serialVersionUID = 1;

        Misfit(String reason) {
            super(reason);
        }
    }

    private SemalignDecode() {}

    static Object decode(Object tree, Type type) throws Misfit {
        if (type instanceof GenericArrayType) return array(tree, ((GenericArrayType) type).getGenericComponentType());
        if (type instanceof ParameterizedType) {
            ParameterizedType generic = (ParameterizedType) type;
            return object(tree, (Class<?>) generic.getRawType(), generic.getActualTypeArguments());
        }
        if (type instanceof WildcardType) return decode(tree, ((WildcardType) type).getUpperBounds()[0]);
        if (!(type instanceof Class)) return natural(tree); // a type variable
        Class<?> c = (Class<?>) type;
        if (c.isArray()) return array(tree, c.getComponentType());
        return object(tree, c, new Type[] {Object.class, Object.class});
    }

    private static Object object(Object tree, Class<?> c, Type[] items) throws Misfit {
        if (c == Optional.class) return tree == null ? Optional.empty() : Optional.of(decode(tree, items[0]));
        if (tree == null) {
            if (c.isPrimitive()) throw misfit("null", c);
            return null;
        }
        if (c == boolean.class || c == Boolean.class) {
            if (tree instanceof Boolean) return tree;
            throw misfit(tree, c);
        }
        if (c == char.class || c == Character.class) return character(tree, c);
        if (c.isPrimitive() || Number.class.isAssignableFrom(c)) return number(tree, c);
        if (c == String.class || c == CharSequence.class) return text(tree, c);
        if (c == StringBuilder.class) return new StringBuilder(text(tree, c));
        if (c == StringBuffer.class) return new StringBuffer(text(tree, c));
        if (c == Object.class || c == Comparable.class) return natural(tree);
        if (c.isEnum()) return constant(text(tree, c), c);
        if (Iterable.class == c || Collection.class.isAssignableFrom(c)) return collection(tree, c, items[0]);
        if (Map.class.isAssignableFrom(c)) return map(tree, c, items);
        if (c == Map.Entry.class || c == AbstractMap.SimpleEntry.class || c == javafx.util.Pair.class) return pair(tree, c, items);
        if (c.getClassLoader() == null) throw misfit(tree, c);
        return record(tree, c);
    }

    private static Misfit misfit(Object tree, Class<?> c) {
        String shown = String.valueOf(tree);
        return new Misfit((shown.length() > 60 ? shown.substring(0, 60) + "..." : shown) + " is not a value of " + c.getSimpleName());
    }

    private static Object tagged(Object tree, String tag) {
        return tree instanceof Map && ((Map<?, ?>) tree).size() == 1 ? ((Map<?, ?>) tree).get(tag) : null;
    }

    private static Object number(Object tree, Class<?> c) throws Misfit {
        Object value = tagged(tree, "i") != null ? new BigInteger((String) ((List<?>) tagged(tree, "i")).get(0)) : tree;
        String bits = (String) (tagged(tree, "f") != null ? tagged(tree, "f") : tagged(tree, "f4"));
        if (bits != null) value = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));
        boolean whole = value instanceof BigInteger;
        if (!whole && !(value instanceof Double)) throw misfit(tree, c);
        if (c == double.class || c == Double.class || c == Number.class && !whole) return ((Number) value).doubleValue();
        if (c == float.class || c == Float.class) {
            float single = ((Number) value).floatValue();
            if (Float.isInfinite(single) && !Double.isInfinite(((Number) value).doubleValue())) throw misfit(tree, c);
            return single;
        }
        if (!whole) throw misfit(tree, c);
        BigInteger n = (BigInteger) value;
        if (c == BigInteger.class) return n;
        int width = c == byte.class || c == Byte.class ? 8 : c == short.class || c == Short.class ? 16
                : c == int.class || c == Integer.class ? 32 : c == long.class || c == Long.class || c == Number.class ? 64 : 0;
        if (n.bitLength() >= width) throw misfit(tree, c);
        if (width == 8) return n.byteValue();
        if (width == 16) return n.shortValue();
        return width == 32 ? (Object) n.intValue() : (Object) n.longValue();
    }

    private static Object character(Object tree, Class<?> c) throws Misfit {
        Object one = tagged(tree, "c") != null ? tagged(tree, "c") : tree;
        if (one instanceof String && ((String) one).length() == 1) return ((String) one).charAt(0);
        throw misfit(tree, c);
    }

    private static String text(Object tree, Class<?> c) throws Misfit {
        if (tree instanceof String) return (String) tree;
        if (tagged(tree, "c") != null) return (String) tagged(tree, "c");
        throw misfit(tree, c);
    }

    private static List<?> items(Object tree, Class<?> c) throws Misfit {
        if (tree instanceof List) return (List<?>) tree;
        for (String tag : new String[] {"t", "S"}) {
            if (tagged(tree, tag) != null) return (List<?>) tagged(tree, tag);
        }
        throw misfit(tree, c);
    }

    private static Object array(Object tree, Type component) throws Misfit {
        Class<?> raw = raw(component);
        if (tree == null) return null;
        if (raw == char.class && tree instanceof String) return ((String) tree).toCharArray();
        List<?> items = items(tree, Array.newInstance(raw, 0).getClass());
        Object array = Array.newInstance(raw, items.size());
        for (int i = 0; i < items.size(); i++) Array.set(array, i, decode(items.get(i), component));
        return array;
    }

    private static Class<?> raw(Type type) {
        if (type instanceof Class) return (Class<?>) type;
        if (type instanceof ParameterizedType) return (Class<?>) ((ParameterizedType) type).getRawType();
        if (type instanceof GenericArrayType) {
            return Array.newInstance(raw(((GenericArrayType) type).getGenericComponentType()), 0).getClass();
        }
        return Object.class;
    }

    private static Object collection(Object tree, Class<?> c, Type item) throws Misfit {
        Collection<Object> made = empty(c);
        for (Object one : items(tree, c)) made.add(decode(one, item));
        return made;
    }

    private static Collection<Object> empty(Class<?> c) throws Misfit {
        if (c.isAssignableFrom(ArrayList.class)) return new ArrayList<>();
        if (c.isAssignableFrom(LinkedList.class)) return new LinkedList<>();
        if (c.isAssignableFrom(HashSet.class)) return new HashSet<>();
        if (c.isAssignableFrom(TreeSet.class)) return new TreeSet<>();
        return fresh(c);
    }

    @SuppressWarnings("unchecked")
    private static <T> T fresh(Class<?> c) throws Misfit {
        try {
            Constructor<?> made = c.getDeclaredConstructor();
            if (c.getClassLoader() != null) made.setAccessible(true);
            return (T) made.newInstance();
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new Misfit("no way to make a " + c.getSimpleName());
        }
    }

    private static Object map(Object tree, Class<?> c, Type[] items) throws Misfit {
        Object pairs = tagged(tree, "m");
        if (pairs == null) throw misfit(tree, c);
        Map<Object, Object> made;
        if (c.isAssignableFrom(HashMap.class)) made = new HashMap<>();
        else if (c.isAssignableFrom(TreeMap.class)) made = new TreeMap<>();
        else made = fresh(c);
        for (Object pair : (List<?>) pairs) {
            made.put(decode(((List<?>) pair).get(0), items[0]), decode(((List<?>) pair).get(1), items[1]));
        }
        return made;
    }

    private static Object pair(Object tree, Class<?> c, Type[] items) throws Misfit {
        List<?> two = items(tree, c);
        if (two.size() != 2) throw misfit(tree, c);
        Object key = decode(two.get(0), items[0]);
        Object value = decode(two.get(1), items[1]);
        return c == javafx.util.Pair.class ? new javafx.util.Pair<>(key, value) : new AbstractMap.SimpleEntry<>(key, value);
    }

    private static Object constant(String name, Class<?> c) throws Misfit {
        for (Object one : c.getEnumConstants()) {
            if (((Enum<?>) one).name().equals(name)) return one;
        }
        throw misfit(name, c);
    }

    private static Object record(Object tree, Class<?> c) throws Misfit {
        Object named = tagged(tree, "R");
        if (named == null) throw misfit(tree, c);
        List<?> given = (List<?>) ((List<?>) named).get(1);
        Field[] fields = SemalignPeek.fields(c);
        if (given.size() != fields.length) throw misfit(tree, c);
        Object[] values = new Object[fields.length];
        for (int i = 0; i < fields.length; i++) values[i] = decode(valueOf(given, fields[i].getName(), i), fields[i].getGenericType());
        try {
            if (c.isRecord()) {
                Class<?>[] types = Arrays.stream(c.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new);
                Constructor<?> canonical = c.getDeclaredConstructor(types);
                canonical.setAccessible(true);
                return canonical.newInstance(values);
            }
            // Without running a constructor: the fields say all.
            Constructor<?> plain = sun.reflect.ReflectionFactory.getReflectionFactory()
                    .newConstructorForSerialization(c, Object.class.getDeclaredConstructor());
            Object made = plain.newInstance();
            for (int i = 0; i < fields.length; i++) fields[i].set(made, values[i]);
            return made;
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new Misfit("no way to make a " + c.getSimpleName() + " of these fields");
        }
    }

    /** The value of that field by name, or by place where no field has the name. */
    private static Object valueOf(List<?> given, String name, int place) {
        for (Object pair : given) {
            if (((List<?>) pair).get(0).equals(name)) return ((List<?>) pair).get(1);
        }
        return ((List<?>) given.get(place)).get(1);
    }

    /** As the value itself suggests, where the type says nothing. */
    private static Object natural(Object tree) throws Misfit {
        if (tree instanceof BigInteger) {
            BigInteger n = (BigInteger) tree;
            if (n.bitLength() < 32) return n.intValue();
            return n.bitLength() < 64 ? (Object) n.longValue() : n;
        }
        if (tree instanceof List) return collection(tree, List.class, Object.class);
        if (!(tree instanceof Map)) return tree;
        switch ((String) ((Map<?, ?>) tree).keySet().iterator().next()) {
            case "c":
                return character(tree, char.class);
            case "f":
            case "f4":
                return number(tree, double.class);
            case "i":
                return natural(new BigInteger((String) ((List<?>) tagged(tree, "i")).get(0)));
            case "t":
                return collection(tree, List.class, Object.class);
            case "S":
                return collection(tree, Set.class, Object.class);
            case "m":
                return map(tree, Map.class, new Type[] {Object.class, Object.class});
            default:
                throw misfit(tree, Object.class);
        }
    }
}
