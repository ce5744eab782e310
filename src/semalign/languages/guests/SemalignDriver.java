package semalign;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Calls a method with each input in a class loader of its own, or runs a program's `main`; prints what came out. */
public final class SemalignDriver {
    static final int TIMED_OUT = 74;
    static final int OVER_OUTPUT = 75;
    static final int GO_ON = 76; // the rest of the inputs needs a new JVM
    private static final InputStream NOTHING = new ByteArrayInputStream(new byte[0]);
    private static final Map<String, byte[]> CLASSES = new HashMap<>();
    private static final List<String> SITES = new ArrayList<>();

    private static final class Fresh extends ClassLoader {
        Fresh() {
            super(SemalignDriver.class.getClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] code = CLASSES.get(name);
            if (code == null) throw new ClassNotFoundException(name);
            return defineClass(name, code, 0, code.length);
        }
    }

    private static SemalignOutput output;

    private SemalignDriver() {}

    /** `call` JAR CLASS METHOD TYPES CAPS WALL_MS OUTPUT_BYTES STACK_MIB TRACED, or `main` JAR CLASS MAIN_SITE CAPS. */
    public static void main(String[] args) throws Exception {
        SemalignSink.open(System.getenv("SEMALIGN_SINK"));
        read(args[1]);
        if (args[0].equals("main")) program(args);
        else calls(args);
    }

    private static void read(String jar) throws java.io.IOException {
        try (ZipInputStream zip = new ZipInputStream(new java.io.FileInputStream(jar))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                byte[] bytes = zip.readAllBytes();
                String name = entry.getName();
                if (name.endsWith(".class")) CLASSES.put(name.substring(0, name.length() - 6).replace('/', '.'), bytes);
                else if (name.equals("sites")) new String(bytes, StandardCharsets.UTF_8).lines().forEach(SITES::add);
            }
        }
    }

    private static void calls(String[] args) throws Exception {
        SemalignCaps caps = SemalignCaps.of(args[5]);
        boolean traced = args[9].equals("true");
        long wallMs = Long.parseLong(args[6]);
        output = new SemalignOutput(Long.parseLong(args[7]));
        SemalignTrace.load(SITES, -1);
        List<String> lines = new ArrayList<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) lines.add(line);
        PrintStream errors = System.err;
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            SemalignSink.end("[\"z\",\"exit\"]\n", "");
            output.send();
        }));
        for (String line : lines) {
            int tab = line.indexOf('\t');
            String number = line.substring(0, tab);
            if (!SemalignSink.begin(traced ? caps.sinkBytes : 0)) halt(GO_ON);
            SemalignSink.end("[\"=\"," + number + "]\n[\"o\"," + output.mark() + ",-1]\n", "");
            System.setIn(NOTHING);
            System.setErr(errors);
            PrintStream out = new PrintStream(output, false, StandardCharsets.UTF_8);
            System.setOut(out);
            Call call = new Call(args[2], args[3], args[4], line.substring(tab + 1), traced ? caps : null, caps.whole());
            int before = Thread.activeCount();
            long start = System.nanoTime();
            Thread thread = started(call, Long.parseLong(args[8]) << 20);
            thread.join(wallMs);
            if (thread.isAlive()) stop(TIMED_OUT, "timeout");
            long micros = (System.nanoTime() - start) / 1000;
            out.flush();
            SemalignSink.end("[\"o\"," + output.mark() + "," + micros + "]\n", "");
            if (call.failed || Thread.activeCount() > before) halt(GO_ON); // what is left running would meddle with the rest
        }
        halt(0);
    }

    /** The stack of the input before may not be gone yet, and two may be more than there is room for. */
    private static Thread started(Call call, long stack) throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            try {
                Thread thread = new Thread(null, call, "main", stack);
                thread.start();
                return thread;
            } catch (OutOfMemoryError e) {
                if (attempt > 100) throw e;
                Thread.sleep(10);
            }
        }
    }

    static void stop(int code, String why) {
        SemalignSink.end("[\"z\",\"" + why + "\"]\n", "");
        halt(code);
    }

    private static void halt(int code) {
        output.send();
        Runtime.getRuntime().halt(code);
    }

    /** One input. */
    private static final class Call implements Runnable {
        private final String type;
        private final String name;
        private final String parameters;
        private final String input;
        private final SemalignCaps traced; // null: not traced
        private final SemalignCaps whole;
        boolean failed; // the JVM may not be sound any more

        Call(String type, String name, String parameters, String input, SemalignCaps traced, SemalignCaps whole) {
            this.type = type;
            this.name = name;
            this.parameters = parameters;
            this.input = input;
            this.traced = traced;
            this.whole = whole;
        }

        @Override
        public void run() {
            Object[] arguments = null;
            try {
                Class<?> owner = Class.forName(type, false, new Fresh());
                Method method = find(owner);
                arguments = arguments(method);
                Object instance = Modifier.isStatic(method.getModifiers()) ? null : instance(owner);
                if (traced != null) SemalignTrace.begin(traced);
                Object result = method.invoke(instance, arguments);
                SemalignTrace.end();
                end("[\"r\"," + SemalignWire.of(result, whole), arguments);
            } catch (SemalignDecode.Misfit e) {
                refuse(e.getMessage());
            } catch (InvocationTargetException e) {
                raised(e.getTargetException(), arguments);
            } catch (Throwable e) { // raised here: by a static block of the program, or by the lack of memory
                raised(e, arguments);
            }
        }

        private void raised(Throwable t, Object[] arguments) {
            SemalignTrace.end();
            failed = t instanceof OutOfMemoryError;
            StringBuilder b = new StringBuilder("[\"e\",");
            SemalignWire.raised(b, t);
            end(b.toString(), arguments);
        }

        private void end(String head, Object[] arguments) {
            StringBuilder b = new StringBuilder(head).append(",[");
            for (int i = 0; arguments != null && i < arguments.length; i++) {
                b.append(i > 0 ? "," : "").append(SemalignWire.of(arguments[i], whole));
            }
            String large = "{\"u\":\"too large to report\"}";
            SemalignSink.end(b.append("]]\n").toString(),
                    head.startsWith("[\"r\"") ? "[\"r\"," + large + ",[]]\n" : "[\"e\",{\"x\":[\"Throwable\",\"\"]},[]]\n");
        }

        private static void refuse(String reason) {
            StringBuilder b = new StringBuilder("[\"!\",");
            SemalignWire.quote(b, reason);
            SemalignSink.end(b.append("]\n").toString(), "[\"!\",\"an argument does not fit\"]\n");
        }

        private Method find(Class<?> owner) throws SemalignDecode.Misfit {
            List<Method> named = new ArrayList<>();
            for (Method method : owner.getDeclaredMethods()) {
                if (!method.getName().equals(name) || method.isBridge()) continue;
                if (SemalignPeek.names(method.getParameterTypes()).equals(parameters)) {
                    named.clear();
                    named.add(method);
                    break;
                }
                if (method.getParameterCount() == parameters.split(",").length) named.add(method);
            }
            if (named.size() != 1) throw new SemalignDecode.Misfit("no method " + name + "(" + parameters + ")");
            named.get(0).setAccessible(true);
            return named.get(0);
        }

        private Object[] arguments(Method method) throws SemalignDecode.Misfit {
            Type[] types = method.getGenericParameterTypes();
            List<?> given = (List<?>) SemalignJson.read(input);
            if (given.size() != types.length) {
                throw new SemalignDecode.Misfit(given.size() + " arguments for " + types.length + " parameters");
            }
            Object[] arguments = new Object[types.length];
            for (int i = 0; i < types.length; i++) {
                try {
                    arguments[i] = SemalignDecode.decode(given.get(i), types[i]);
                } catch (SemalignDecode.Misfit e) {
                    throw new SemalignDecode.Misfit("argument " + (i + 1) + ": " + e.getMessage());
                }
            }
            return arguments;
        }

        private static Object instance(Class<?> owner) throws Exception {
            Constructor<?> plain = owner.getDeclaredConstructor();
            plain.setAccessible(true);
            return plain.newInstance();
        }
    }

    private static void program(String[] args) throws Exception {
        SemalignTrace.load(SITES, Integer.parseInt(args[3]));
        SemalignCaps caps = SemalignCaps.of(args[4]);
        SemalignSink.begin(caps.sinkBytes);
        SemalignSink.end("[\"=\",0]\n", "");
        // `System.exit` ends the events as well, but not the input: no line says that `main` returned.
        Runtime.getRuntime().addShutdownHook(new Thread(SemalignTrace::end));
        Method main = Class.forName(args[2], false, new Fresh()).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        // A larger stack than `java` gives: the frames of instrumented methods are larger.
        Thread thread = new Thread(null, () -> main(main, caps), "main", 64 << 20);
        thread.start();
        thread.join();
    }

    private static void main(Method main, SemalignCaps caps) {
        SemalignTrace.begin(caps);
        try {
            main.invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException e) {
            failed(e.getTargetException());
        } catch (IllegalAccessException | ExceptionInInitializerError e) {
            failed(e);
        }
        SemalignTrace.end();
        SemalignSink.end("[\"r\",null,[]]\n", "");
    }

    private static void failed(Throwable t) {
        SemalignTrace.end();
        StringBuilder b = new StringBuilder("[\"e\",");
        SemalignWire.raised(b, t);
        SemalignSink.end(b.append(",[]]\n").toString(), "");
        System.err.print("Exception in thread \"main\" ");
        t.printStackTrace();
        System.exit(1);
    }
}
