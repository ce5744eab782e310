import java.util.*;

class Half {
static long half(int a, int b) { return Math.abs((long) a + b) / 2; }

}
