package semalign;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/** Looks into objects without calling their methods. */
final class SemalignPeek {
    private static final int MAX_MESSAGE = 1000;

    private static final ClassValue<Field[]> FIELDS = new ClassValue<>() {
        @Override
        protected Field[] computeValue(Class<?> c) {
            return declared(c);
        }
    };

    private SemalignPeek() {}

    /** The fields of an object in order of declaration, those of the classes above it first; none of the JDK's. */
    static Field[] fields(Class<?> c) {
        return FIELDS.get(c);
    }

    private static Field[] declared(Class<?> c) {
        List<Field> found = new ArrayList<>();
        for (Class<?> one = c; one != null && one.getClassLoader() != null; one = one.getSuperclass()) {
            List<Field> own = new ArrayList<>();
            for (Field field : one.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) continue;
                field.setAccessible(true);
                own.add(field);
            }
            found.addAll(0, own);
        }
        return found.toArray(new Field[0]);
    }

    static Object get(Field field, Object object) {
        try {
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The elements of any array; `count` is told how many before they are copied. */
    static Object[] items(Object array, IntConsumer count) {
        int n = Array.getLength(array);
        count.accept(n);
        if (array instanceof Object[]) return (Object[]) array;
        Object[] boxed = new Object[n];
        for (int i = 0; i < n; i++) boxed[i] = Array.get(array, i);
        return boxed;
    }

    /** How many elements arrays in an array have together; 0 of other elements. */
    static int lengths(Object[] items) {
        int total = 0;
        for (Object item : items) {
            if (item != null && item.getClass().isArray()) total += Array.getLength(item);
        }
        return total;
    }

    /** What a view of `java.util.Collections` or `Arrays.asList` shows; null of anything else. */
    static Object wrapped(Object v) {
        String name = v.getClass().getName();
        if (name.equals("java.util.Arrays$ArrayList")) return hidden(v, "a");
        if (!name.startsWith("java.util.Collections$")) return null;
        Object inside = hidden(v, "m");
        return inside != null ? inside : hidden(v, "c");
    }

    private static Object hidden(Object v, String name) {
        for (Class<?> c = v.getClass(); c != null; c = c.getSuperclass()) {
            try {
                Field field = c.getDeclaredField(name);
                field.setAccessible(true);
                return field.get(v);
            } catch (NoSuchFieldException e) {
                continue;
            } catch (IllegalAccessException | RuntimeException e) {
                return null;
            }
        }
        return null;
    }

    /** A class of the JDK whose methods may end in code of the program: views of lists that it wrote. */
    static boolean mayCallOut(String name) {
        boolean view = name.contains("SubList") && !name.startsWith("java.util.ArrayList$");
        return view || name.startsWith("java.util.Collections$") && !name.contains("Empty") && !name.contains("Singleton")
                && !name.contains("CopiesList");
    }

    /** The message, unless the program has its own way of making one. */
    static String message(Throwable t) {
        String message = null;
        try {
            if (t.getClass().getMethod("getMessage").getDeclaringClass().getClassLoader() == null) message = t.getMessage();
        } catch (NoSuchMethodException | RuntimeException e) {
            return "";
        }
        if (message == null) return "";
        return message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message;
    }

    /** Equal by content, for values that can't change and have no code of the program. */
    static boolean same(Object a, Object b) {
        return a == b || a != null && b != null && a.getClass() == b.getClass() && immutable(a) && a.equals(b);
    }

    static boolean immutable(Object v) {
        return v instanceof Number && v.getClass().getClassLoader() == null && v.getClass().getName().startsWith("java.lang.")
                || v instanceof String || v instanceof Character || v instanceof Boolean;
    }

    static String names(Class<?>[] types) {
        return String.join(",", Arrays.stream(types).map(Class::getSimpleName).toArray(String[]::new));
    }
}
