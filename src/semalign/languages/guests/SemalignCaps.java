package semalign;

/** How much is kept; the fields mean what `semalign.traces.trace.Caps` says. */
final class SemalignCaps {
    final int events;
    final int perSite;
    final int items;
    final int digestItems;
    final int depth;
    final int text;
    final int sinkBytes;

    SemalignCaps(int events, int perSite, int items, int digestItems, int depth, int text, int sinkBytes) {
        this.events = events;
        this.perSite = perSite;
        this.items = items;
        this.digestItems = digestItems;
        this.depth = depth;
        this.text = text;
        this.sinkBytes = sinkBytes;
    }

    /** From seven numbers in the order of the fields, with commas between. */
    static SemalignCaps of(String listed) {
        String[] n = listed.split(",");
        return new SemalignCaps(at(n, 0), at(n, 1), at(n, 2), at(n, 3), at(n, 4), at(n, 5), at(n, 6));
    }

    private static int at(String[] numbers, int place) {
        return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(numbers[place]));
    }

    /** Everything of a value, as long as it stays within what a digest covers. */
    SemalignCaps whole() {
        return new SemalignCaps(events, perSite, digestItems, digestItems, Math.max(depth, 96), 1 << 16, sinkBytes);
    }

    /** No limit on elements: for a part of a value whose size was checked. */
    SemalignCaps unlimited() {
        return new SemalignCaps(events, perSite, items, Integer.MAX_VALUE, depth, text, sinkBytes);
    }
}
