package semalign;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One call of one instrumented method, and what is recorded of all of them. Method names are one letter because they
 * stand in every line of the instrumented source.
 */
public final class SemalignTrace {
    private static final int[] NO_LOOPS = new int[64];
    private static final Object NOT_SHOWN = new Object();

    private static String[][] names; // of each site, the variables that are logged there
    private static int[][] slots;
    private static int[] slotCounts;
    private static boolean program; // a whole program runs: what its `main` calls with may serve as inputs
    private static int mainSite;
    private static SemalignCaps caps;
    private static Thread thread; // only this one is recorded; null while nothing is
    private static int[] n = new int[0];
    private static int cap; // 0 once nothing more is recorded
    private static int events;
    private static long kept; // of the events that count as an execution of their site
    private static int frames;
    private static int roots;
    private static SemalignTrace top;

    public boolean o; // the last condition
    private final SemalignTrace up;
    private final int site;
    private final boolean foreign;
    private boolean on;
    private boolean done;
    private int at; // the site that is being executed
    private int depth; // how many loops are around it
    private int[] it = NO_LOOPS;
    private int id;
    private int calls;
    private int ordinal;
    private int[] callsAt;
    private Object[] last;

    private SemalignTrace(SemalignTrace up, int site, boolean foreign) {
        this.up = up;
        this.site = site;
        this.at = site;
        this.foreign = foreign;
    }

    /** Takes the table of sites: `function TAB name name...` a line; `main` is negative when a function is called. */
    static void load(List<String> table, int main) {
        names = new String[table.size()][];
        slots = new int[table.size()][];
        slotCounts = new int[table.size()];
        program = main >= 0;
        mainSite = main;
        Map<String, Map<String, Integer>> known = new HashMap<>();
        for (int s = 0; s < names.length; s++) {
            String[] parts = table.get(s).split("\t", -1);
            Map<String, Integer> own = known.computeIfAbsent(parts[0], name -> new HashMap<>());
            names[s] = parts[1].isEmpty() ? new String[0] : parts[1].split(" ");
            slots[s] = new int[names[s].length];
            for (int i = 0; i < names[s].length; i++) {
                slots[s][i] = own.computeIfAbsent(names[s][i], name -> own.size());
            }
        }
        for (int s = 0; s < names.length; s++) slotCounts[s] = known.get(table.get(s).split("\t", -1)[0]).size();
    }

    static void begin(SemalignCaps limits) {
        caps = limits;
        n = new int[names.length];
        cap = limits.perSite;
        events = frames = roots = 0;
        kept = 0;
        top = null;
        thread = Thread.currentThread();
    }

    /** Ends the recording of an input; true the first time. */
    static boolean end() {
        if (thread == null) return false;
        thread = null;
        StringBuilder b = new StringBuilder("[\"N\",[");
        long passed = 0;
        boolean comma = false;
        for (int s = 0; s < n.length; s++) {
            if (n[s] == 0) continue;
            b.append(comma ? ",[" : "[").append(s).append(',').append(n[s] & 0xFFFFFFFFL).append(']');
            comma = true;
            passed += n[s] & 0xFFFFFFFFL;
        }
        SemalignSink.end(b.append("],").append(passed - kept).append("]\n").toString(), "");
        return true;
    }

    /** Runs code of the program with nothing recorded of it; null when it fails. */
    static <T> T quietly(Supplier<T> task) {
        Thread was = thread;
        int[] counts = n;
        n = new int[counts.length];
        thread = null;
        try {
            return task.get();
        } catch (RuntimeException | StackOverflowError e) {
            return null;
        } finally {
            thread = was;
            n = counts;
        }
    }

    public static SemalignTrace e(int site, int loops) {
        SemalignTrace up = top;
        if (Thread.currentThread() != thread) {
            SemalignTrace foreign = new SemalignTrace(null, site, true);
            if (loops > NO_LOOPS.length) foreign.it = new int[loops];
            return foreign;
        }
        SemalignTrace f = new SemalignTrace(up, site, false);
        boolean room = ++n[site] <= cap;
        if (up == null) f.ordinal = roots++;
        else if (up.on) f.ordinal = up.nextCall();
        if (room && (up == null || up.on)) {
            f.on = true;
            f.id = frames++;
            f.it = new int[loops];
            f.last = new Object[slotCounts[site]];
            Arrays.fill(f.last, NOT_SHOWN);
        } else if (loops > NO_LOOPS.length) f.it = new int[loops];
        top = f;
        return f;
    }

    private int nextCall() {
        if (callsAt == null || callsAt.length != depth || Arrays.mismatch(callsAt, 0, depth, it, 0, depth) >= 0) {
            callsAt = Arrays.copyOf(it, depth);
            calls = 0;
        }
        return calls++;
    }

    /** Whether parameters are wanted. */
    public boolean a() {
        return on;
    }

    public void a(Object[] parameters) {
        StringBuilder b = new StringBuilder("[\"E\",").append(site).append(',').append(id).append(',');
        b.append(up == null ? -1 : up.id).append(',');
        if (up == null) b.append("[]");
        else up.index(b, up.depth);
        boolean asInput = program && (up == null || up.site == mainSite);
        b.append(',').append(ordinal).append(',');
        variables(b, site, parameters, asInput ? caps.whole() : caps);
        on = write(b, true);
    }

    /** A run or a header begins. */
    public int u(int site, int depth) {
        at = site;
        this.depth = depth;
        if (!foreign) top = this;
        return site;
    }

    /** A site is passed; whether its event is wanted. */
    public boolean p(int site) {
        if (foreign) return false;
        return ++n[site] <= cap && on;
    }

    public void b(int site, int depth, Object[] values) {
        event('B', site, depth, null, values);
    }

    /** A loop is reached. */
    public void l(int depth) {
        it[depth] = -1;
    }

    /** An iteration begins, and its condition is to be decided. */
    public int k(int site, int depth) {
        it[depth]++;
        return u(site, depth + 1);
    }

    /** An iteration begins; whether its event is wanted. */
    public boolean i(int site, int depth) {
        k(site, depth);
        return p(site);
    }

    public void i(int site, int depth, Object[] values) {
        event('I', site, depth, null, values);
    }

    /** A condition was decided; whether its event is wanted. */
    public boolean c(int site, boolean outcome) {
        o = outcome;
        return p(site);
    }

    public boolean c(int site, int depth, Object[] values) {
        boolean outcome = o;
        event('C', site, depth, outcome ? "true" : "false", values);
        return outcome;
    }

    public void s(int site, int depth, String arm, Object[] values) {
        event('C', site, depth, "\"" + arm + "\"", values);
    }

    public void h(int site, int depth, Throwable t, Object[] values) {
        StringBuilder b = new StringBuilder();
        SemalignWire.raised(b, t);
        event('H', site, depth, b.toString(), values);
    }

    /** The frame ends; whether its event is wanted. */
    public boolean q() {
        done = true;
        if (!foreign) top = up;
        return on;
    }

    public void r(int site, int depth, Object value, Object[] values) {
        event('R', site, depth, SemalignWire.of(value, caps), values);
    }

    /** The end of a method that gives nothing, unless it ended before. */
    public void v() {
        if (done || !q()) return;
        write(new StringBuilder("[\"R\",").append(site).append(',').append(id).append(",[],null,{}"), false);
    }

    public void x(Throwable t) {
        done = true;
        if (!foreign) top = up;
        if (!on) return;
        StringBuilder b = new StringBuilder("[\"X\",").append(at).append(',').append(id).append(',');
        index(b, Math.min(depth, it.length));
        SemalignWire.raised(b.append(','), t);
        write(b, false);
    }

    private void event(char tag, int site, int depth, String outcome, Object[] values) {
        StringBuilder b = new StringBuilder("[\"").append(tag).append("\",").append(site).append(',').append(id).append(',');
        index(b, depth);
        if (outcome != null) b.append(',').append(outcome);
        b.append(',');
        variables(b, site, values, caps);
        write(b, true);
    }

    private void index(StringBuilder b, int depth) {
        b.append('[');
        for (int i = 0; i < depth; i++) b.append(i > 0 ? "," : "").append(it[i]);
        b.append(']');
    }

    private void variables(StringBuilder b, int site, Object[] values, SemalignCaps limits) {
        b.append('{');
        boolean comma = false;
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            int slot = slots[site][i];
            Object before = last[slot];
            if (SemalignPeek.same(value, before)) continue;
            boolean plain = value == null || SemalignPeek.immutable(value);
            String text = SemalignWire.of(value, limits);
            if (!plain && text.equals(before)) continue;
            // The text of anything that can change: an equal text later means an equal value.
            last[slot] = plain ? value : text;
            if (comma) b.append(',');
            comma = true;
            SemalignWire.quote(b, names[site][i]);
            b.append(':').append(text);
        }
        b.append('}');
    }

    private static boolean write(StringBuilder b, boolean counted) {
        b.append("]\n");
        if (events < caps.events && SemalignSink.event(b)) {
            events++;
            if (counted) kept++;
            return true;
        }
        cap = 0;
        return false;
    }
}
