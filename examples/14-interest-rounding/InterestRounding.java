import java.util.Arrays;

/** Interest on each account in cents. Port of interest_rounding.py. */
public class InterestRounding {
    static long[] interests(int[] balances, double percent) {
        long[] booked = new long[balances.length];
        for (int i = 0; i < balances.length; i++) {
            double exact = balances[i] * percent / 100;
            long cents = Math.round(exact);
            booked[i] = cents;
        }
        return booked;
    }

    public static void main(String[] args) {
        System.out.println(Arrays.toString(interests(new int[] {1000, 2000}, 1.5)));
        System.out.println(Arrays.toString(interests(new int[] {130, 770}, 1.0)));
        System.out.println(Arrays.toString(interests(new int[] {50, 150, 250}, 1.0)));
    }
}
