package semalign;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;

/** Counts what is written and ends the process when it is too much. */
final class SemalignOutput extends OutputStream {
    private final FileOutputStream to = new FileOutputStream(FileDescriptor.out);
    private final byte[] held = new byte[8192];
    private final long most;
    private int n;
    private long total;
    private long start;

    SemalignOutput(long most) {
        this.most = most;
    }

    @Override
    public synchronized void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
        if (length > held.length - n) send();
        if (length > held.length) sendNow(bytes, from, length);
        else {
            System.arraycopy(bytes, from, held, n, length);
            n += length;
        }
        if (total + n - start > most) SemalignDriver.stop(SemalignDriver.OVER_OUTPUT, "output");
    }

    private void sendNow(byte[] bytes, int from, int length) {
        try {
            to.write(bytes, from, length);
        } catch (java.io.IOException e) {
            // nobody reads: what the program writes is lost, and the program need not know
        }
        total += length;
    }

    synchronized void send() {
        int held = n;
        n = 0;
        if (held > 0) sendNow(this.held, 0, held);
    }

    /** Another input begins or ends here; the bytes written so far. */
    synchronized long mark() {
        send();
        start = total;
        return total;
    }
}
