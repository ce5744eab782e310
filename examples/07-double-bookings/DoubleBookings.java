/** How many bookings ask for a slot that is taken already. Port of double_bookings.py. */
public class DoubleBookings {
    static int doubleBookings(int[] slots) {
        long taken = 0;
        int conflicts = 0;
        for (int slot : slots) {
            long bit = 1 << slot;
            if ((taken & bit) != 0) {
                conflicts++;
            }
            taken |= bit;
        }
        return conflicts;
    }

    public static void main(String[] args) {
        System.out.println(doubleBookings(new int[] {16, 17, 18}));
        System.out.println(doubleBookings(new int[] {0, 20, 20, 30, 0}));
        System.out.println(doubleBookings(new int[] {2, 34, 47}));
    }
}
