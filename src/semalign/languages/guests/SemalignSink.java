package semalign;

import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** The memory that lines are appended to; shared with the outside, so what was written survives a kill. */
final class SemalignSink {
    private static final int RESULT_BYTES = 1 << 20; // kept free of events for the line that ends an input
    private static MappedByteBuffer memory;
    private static int eventsEnd;
    private static int inputEnd;

    private SemalignSink() {}

    static void open(String path) throws java.io.IOException {
        try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
            memory = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, file.length());
        }
    }

    /** Room for one more input, or false. */
    static synchronized boolean begin(int eventBytes) {
        int start = memory.position();
        if (start + RESULT_BYTES > memory.capacity() && start > 0) return false;
        inputEnd = memory.capacity();
        eventsEnd = Math.min(start + eventBytes, inputEnd - RESULT_BYTES);
        return start == 0 || eventBytes == 0 || start + eventBytes + RESULT_BYTES <= memory.capacity();
    }

    /** Appends an event's line; false when the input has used its share. */
    static synchronized boolean event(CharSequence line) {
        byte[] bytes = line.toString().getBytes(StandardCharsets.ISO_8859_1);
        if (memory.position() + bytes.length > eventsEnd) return false;
        memory.put(bytes);
        return true;
    }

    /** Appends a line that must not be lost; the shorter one where it does not fit. */
    static synchronized void end(String line, String shorter) {
        byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
        if (memory.position() + bytes.length > inputEnd - 4096) bytes = shorter.getBytes(StandardCharsets.ISO_8859_1);
        if (memory.position() + bytes.length <= memory.capacity()) memory.put(bytes);
    }
}
